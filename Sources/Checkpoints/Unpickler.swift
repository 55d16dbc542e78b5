// SPDX-License-Identifier: Apache-2.0

/// A pickle machine that makes data and nothing else.
///
/// It knows protocols 2 to 5 as PyTorch writes them. A named class or function becomes a node with
/// its name; calling one becomes a node with its arguments. No opcode makes more than a few nodes, so
/// memory is bounded by the pickle's own length, and that by `maximumOperations`.
struct Unpickler {
  /// The largest training checkpoints need some hundred thousand.
  static let maximumOperations = 4_000_000

  private(set) var graph = PickleGraph()
  private(set) var reader: ByteReader
  private var stack: [Int] = []
  /// The stack's heights where marks were set.
  private var marks: [Int] = []
  /// Nodes by memo number, as long as numbers come in order, which is what all writers do.
  private var memo: [Int] = []
  private var sparseMemo: [Int: Int] = [:]

  /// Starts at the reader's position.
  init(_ reader: ByteReader) { self.reader = reader }

  /// Runs one pickle, to and with its stop opcode, and returns the node of its object.
  mutating func load() throws(CheckpointError) -> Int {
    stack.removeAll()
    marks.removeAll()
    memo.removeAll()
    sparseMemo.removeAll()
    for _ in 0..<Self.maximumOperations {
      let code = try reader.byte()
      guard let opcode = Opcode(rawValue: code) else {
        throw .unsupported(path: reader.path, detail: "pickle opcode \(code)")
      }
      if opcode == .stop {
        guard stack.count == 1, marks.isEmpty else {
          throw reader.malformed("the pickle ends with \(stack.count) objects")
        }
        return try pop()
      }
      try execute(opcode)
    }
    throw reader.malformed("the pickle has more than \(Self.maximumOperations) operations")
  }

  private mutating func execute(_ opcode: Opcode) throws(CheckpointError) {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try reader.byte()
      guard (2...5).contains(version) else {
        throw .unsupported(path: reader.path, detail: "pickle protocol \(version)")
      }
    case .frame:
      guard try reader.count64() <= reader.remaining else {
        throw reader.malformed("a pickle frame is longer than the file")
      }

    // Scalars
    case .none: push(.scalar(.none))
    case .newTrue: push(.scalar(.bool(true)))
    case .newFalse: push(.scalar(.bool(false)))
    case .binInt: push(.scalar(.int(Int(try reader.number(Int32.self)))))
    case .binInt1: push(.scalar(.int(Int(try reader.byte()))))
    case .binInt2: push(.scalar(.int(Int(try reader.number(UInt16.self)))))
    case .long1: try pushLong(Int(try reader.byte()))
    case .long4: try pushLong(Int(try reader.number(Int32.self)))
    case .binFloat:
      let bits = UInt64(bigEndian: try reader.take(8).loadUnaligned(as: UInt64.self))
      push(.scalar(.double(Double(bitPattern: bits))))
    case .shortBinUnicode, .shortBinString: try pushText(Int(try reader.byte()))
    case .binUnicode: try pushText(Int(try reader.number(UInt32.self)))
    case .binString: try pushText(Int(try reader.number(Int32.self)))
    case .binUnicode8: try pushText(try reader.count64())
    case .shortBinBytes: try pushBytes(Int(try reader.byte()))
    case .binBytes: try pushBytes(Int(try reader.number(UInt32.self)))
    case .binBytes8, .byteArray8: try pushBytes(try reader.count64())

    // Containers
    case .mark: marks.append(stack.count)
    case .emptyList, .emptySet: push(.list(graph.addChildren()))
    case .emptyDict: push(.dict(graph.addChildren()))
    case .emptyTuple: push(.tuple(graph.addChildren()))
    case .list, .frozenSet: try collect { .list($0) }
    case .tuple: try collect { .tuple($0) }
    case .dict:
      let items = try popToMark()
      try requirePairs(items)
      push(.dict(graph.addChildren(items)))
    case .tuple1: push(.tuple(graph.addChildren([try pop()])))
    case .tuple2:
      let second = try pop()
      push(.tuple(graph.addChildren([try pop(), second])))
    case .tuple3:
      let third = try pop()
      let second = try pop()
      push(.tuple(graph.addChildren([try pop(), second, third])))
    case .append:
      let item = try pop()
      try append([item], to: try top())
    case .appends, .addItems:
      let items = try popToMark()
      try append(items, to: try top())
    case .setItem:
      let value = try pop()
      let key = try pop()
      try insert([key, value], into: try top())
    case .setItems:
      let items = try popToMark()
      try insert(items, into: try top())

    // Stack and memo
    case .pop:
      // A mark above everything else is what this removes then.
      if let mark = marks.last, mark == stack.count {
        marks.removeLast()
      } else {
        _ = try pop()
      }
    case .popMark: _ = try popToMark()
    case .duplicate: stack.append(try top())
    case .memoize: try memoize(memo.count + sparseMemo.count)
    case .binPut: try memoize(Int(try reader.byte()))
    case .longBinPut: try memoize(Int(try reader.number(UInt32.self)))
    case .binGet: try recall(Int(try reader.byte()))
    case .longBinGet: try recall(Int(try reader.number(UInt32.self)))

    // Names and calls
    case .global:
      let module = try reader.line()
      try pushGlobal(module: module, name: try reader.line())
    case .stackGlobal:
      let name = graph.string(try pop())
      guard let module = graph.string(try pop()), let name else {
        throw reader.malformed("a global's name is not text")
      }
      try pushGlobal(module: module, name: name)
    case .instance:
      let module = try reader.line()
      let name = try reader.line()
      let arguments = try popToMark()
      try pushGlobal(module: module, name: name)
      stack.append(try call(try pop(), arguments))
    case .object:
      let items = try popToMark()
      guard let callable = items.first else { throw reader.malformed("a call of nothing") }
      stack.append(try call(callable, Array(items.dropFirst())))
    case .reduce, .newObject:
      let arguments = try pop()
      stack.append(try call(try pop(), try requireTuple(arguments)))
    case .newObjectExtended:
      let named = try pop()
      let arguments = try requireTuple(try pop())
      stack.append(try call(try pop(), arguments + [named]))
    case .build:
      let state = try pop()
      // Attributes of anything but an opaque object, such as an OrderedDict's `_metadata`, are not
      // part of its value.
      if case .object(let index) = graph.nodes[try top()] { graph.objects[index].state = state }
    case .persistentID:
      let identifier = try pop()
      push(try graph.resolve(persistentID: identifier, reader: reader))
    }
  }

  // MARK: Stack

  private mutating func push(_ node: PickleGraph.Node) { stack.append(graph.add(node)) }

  /// The lowest stack height that opcodes may reach: they must not take what lies below a mark.
  private var floor: Int { marks.last ?? 0 }

  private mutating func pop() throws(CheckpointError) -> Int {
    guard stack.count > floor, let node = stack.popLast() else {
      throw reader.malformed("the pickle's stack is empty")
    }
    return node
  }

  private func top() throws(CheckpointError) -> Int {
    guard stack.count > floor, let node = stack.last else {
      throw reader.malformed("the pickle's stack is empty")
    }
    return node
  }

  private mutating func popToMark() throws(CheckpointError) -> [Int] {
    guard let mark = marks.popLast() else { throw reader.malformed("the pickle lacks a mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func collect(
    _ make: (Int) -> PickleGraph.Node
  ) throws(CheckpointError) {
    let items = try popToMark()
    push(make(graph.addChildren(items)))
  }

  private mutating func memoize(_ number: Int) throws(CheckpointError) {
    let node = try top()
    if number < memo.count {
      memo[number] = node
    } else if number == memo.count {
      memo.append(node)
    } else {
      sparseMemo[number] = node
    }
  }

  private mutating func recall(_ number: Int) throws(CheckpointError) {
    guard let node = number < memo.count ? memo[number] : sparseMemo[number] else {
      throw reader.malformed("the pickle recalls \(number), which it never stored")
    }
    stack.append(node)
  }

  // MARK: Values

  private mutating func pushText(_ count: Int) throws(CheckpointError) {
    push(.scalar(.string(try reader.text(count))))
  }

  private mutating func pushBytes(_ count: Int) throws(CheckpointError) {
    push(.scalar(.bytes([UInt8](try reader.take(count)))))
  }

  /// A little-endian two's complement number of `count` bytes.
  private mutating func pushLong(_ count: Int) throws(CheckpointError) {
    let bytes = try reader.take(count)
    if count > 8 {
      let digits = Value.bytes([UInt8](bytes))
      push(.scalar(.opaque(name: "builtins.int", arguments: [digits], state: nil)))
    } else {
      var value = bytes.last.map { $0 >= 0x80 } == true ? -1 : 0
      for byte in bytes.reversed() { value = value << 8 | Int(byte) }
      push(.scalar(.int(value)))
    }
  }

  private func requirePairs(_ items: [Int]) throws(CheckpointError) {
    guard items.count.isMultiple(of: 2) else {
      throw reader.malformed("a dictionary with a key but no value")
    }
  }

  private func requireTuple(_ node: Int) throws(CheckpointError) -> [Int] {
    guard case .tuple(let index) = graph.nodes[node] else {
      throw reader.malformed("a call's arguments are not a tuple")
    }
    return graph.children[index]
  }

  private mutating func append(_ items: [Int], to target: Int) throws(CheckpointError) {
    switch graph.nodes[target] {
    case .list(let index): graph.children[index].append(contentsOf: items)
    case .object(let index):
      let list = itemsNode(of: index) { .list($0) }
      guard case .list(let index) = graph.nodes[list] else { fallthrough }
      graph.children[index].append(contentsOf: items)
    default: throw reader.malformed("items are added to something that is no list")
    }
  }

  private mutating func insert(_ items: [Int], into target: Int) throws(CheckpointError) {
    try requirePairs(items)
    switch graph.nodes[target] {
    case .dict(let index): graph.children[index].append(contentsOf: items)
    case .object(let index):
      let dict = itemsNode(of: index) { .dict($0) }
      guard case .dict(let index) = graph.nodes[dict] else { fallthrough }
      graph.children[index].append(contentsOf: items)
    default: throw reader.malformed("keys are set in something that is no dictionary")
    }
  }

  /// The node that collects what is added to an opaque object.
  private mutating func itemsNode(
    of object: Int, make: (Int) -> PickleGraph.Node
  ) -> Int {
    if let node = graph.objects[object].items { return node }
    let node = graph.add(make(graph.addChildren()))
    graph.objects[object].items = node
    return node
  }

  // MARK: Names and calls

  private mutating func pushGlobal(module: String, name: String) throws(CheckpointError) {
    try ForbiddenGlobals.check(module: module, name: name)
    push(.global("\(module).\(name)"))
  }

  private mutating func call(
    _ callable: Int, _ arguments: [Int]
  ) throws(CheckpointError) -> Int {
    guard case .global(let name) = graph.nodes[callable] else {
      throw reader.malformed("the pickle calls something that is not a named class or function")
    }
    return try graph.call(name, arguments, reader: reader)
  }
}

/// What the pickle machine can be told to do.
private enum Opcode: UInt8 {
  case mark = 0x28  // (
  case emptyTuple = 0x29  // )
  case stop = 0x2E  // .
  case pop = 0x30  // 0
  case popMark = 0x31  // 1
  case duplicate = 0x32  // 2
  case binBytes = 0x42  // B
  case shortBinBytes = 0x43  // C
  case binFloat = 0x47  // G
  case binInt = 0x4A  // J
  case binInt1 = 0x4B  // K
  case binInt2 = 0x4D  // M
  case none = 0x4E  // N
  case persistentID = 0x51  // Q
  case reduce = 0x52  // R
  case binString = 0x54  // T
  case shortBinString = 0x55  // U
  case binUnicode = 0x58  // X
  case emptyList = 0x5D  // ]
  case append = 0x61  // a
  case build = 0x62  // b
  case global = 0x63  // c
  case dict = 0x64  // d
  case appends = 0x65  // e
  case binGet = 0x68  // h
  case instance = 0x69  // i
  case longBinGet = 0x6A  // j
  case list = 0x6C  // l
  case object = 0x6F  // o
  case binPut = 0x71  // q
  case longBinPut = 0x72  // r
  case setItem = 0x73  // s
  case tuple = 0x74  // t
  case setItems = 0x75  // u
  case emptyDict = 0x7D  // }
  case proto = 0x80
  case newObject = 0x81
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case newTrue = 0x88
  case newFalse = 0x89
  case long1 = 0x8A
  case long4 = 0x8B
  case shortBinUnicode = 0x8C
  case binUnicode8 = 0x8D
  case binBytes8 = 0x8E
  case emptySet = 0x8F
  case addItems = 0x90
  case frozenSet = 0x91
  case newObjectExtended = 0x92
  case stackGlobal = 0x93
  case memoize = 0x94
  case frame = 0x95
  case byteArray8 = 0x96
}
