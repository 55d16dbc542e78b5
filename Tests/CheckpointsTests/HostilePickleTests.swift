// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import Testing

@Suite("Hostile pickles")
struct HostilePickleTests {
  /// Opens a zip checkpoint of this pickle, which gets its protocol and its stop.
  private func open(
    _ pickle: [UInt8], _ storages: [(String, [UInt8])] = []
  ) throws(CheckpointError) -> Checkpoint {
    let pickle = Pickle.proto() + pickle + Pickle.stop
    return try Checkpoint(bytes: ZipBuilder(pickle: pickle, storages: storages).bytes())
  }

  @Test(
    "that would run code are refused by name, however the name is spelled",
    arguments: [
      ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"),
      ("subprocess", "check_output"), ("builtins", "eval"), ("builtins", "exec"),
      ("builtins", "compile"), ("builtins", "__import__"), ("builtins", "open"),
      ("builtins", "getattr"), ("builtins", "print"), ("__builtin__", "eval"),
      ("__builtin__", "execfile"), ("runpy", "run_path"), ("importlib", "import_module"),
      ("sys", "exit"), ("shutil", "rmtree"), ("socket", "socket"), ("pty", "spawn"),
      ("webbrowser", "open"), ("torch.hub", "load"), ("torch", "load"), ("torch", "hub.load"),
      ("operator", "attrgetter"), ("_operator", "methodcaller"), ("functools", "reduce"),
      ("copyreg", "add_extension"), ("pickle", "loads"), ("ctypes", "CDLL"), ("timeit", "timeit"),
      ("torch.serialization", "os.system"), ("torch.serialization", "load"),
      ("recipe", "Thing.__globals__"), ("recipe", "Thing.__class__.__subclasses__"),
      ("os.path", "join"), ("multiprocessing.util", "spawnv_passfds"), ("io", "open"),
      ("torch.utils.cpp_extension", "load"), ("numpy.testing._private.utils", "runstring"),
      ("types", "FunctionType"), ("asyncio.subprocess", "create_subprocess_shell"),
    ])
  func forbidden(module: String, name: String) {
    let command = Pickle.text("echo owned")
    let plain = Pickle.global(module, name)
    let stacked = Pickle.stackGlobal(module, name)
    let instance = Pickle.mark + command + [0x69] + "\(module)\n\(name)\n".utf8
    let object = Pickle.mark + plain + command + [0x6F]
    let persistent = Pickle.tuple(Pickle.text("module"), plain) + Pickle.persistentID
    let attempts = [
      plain, stacked, Pickle.call(plain, command), Pickle.call(stacked, command),
      plain + Pickle.tuple(command) + [0x81], plain + Pickle.tuple(command) + [0x7D, 0x92],
      instance, object, persistent,
      // Hidden: thrown away again, or as an argument, a state or a key of something harmless.
      Pickle.call(plain, command) + [0x30, 0x4E],
      Pickle.call(Pickle.global("functools", "partial"), plain, command),
      Pickle.global("recipe", "Thing") + [0x29, 0x81] + plain + [0x62],
      [0x7D] + stacked + [0x4E, 0x73],
    ]
    for attempt in attempts {
      #expect(throws: CheckpointError.forbidden(global: "\(module).\(name)")) {
        try open(attempt)
      }
    }
    let number: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50]
    let legacy = number + [0x19, 0x2E] + Pickle.call(plain, command) + Pickle.stop
    #expect(throws: CheckpointError.forbidden(global: "\(module).\(name)")) {
      try Checkpoint(bytes: legacy)
    }
  }

  @Test("get placeholders for classes that are merely unknown")
  func unknown() throws {
    let names = [
      ("recipe.os_tools", "System"), ("omegaconf.dictconfig", "DictConfig"), ("builtins", "set"),
      ("typing", "Any"), ("__main__", "Model"), ("functools", "partial"), ("torch.optim", "Adam"),
      ("torchaudio.functional", "filter"), ("mine.code", "Codebook"), ("datetime", "datetime"),
    ]
    for (module, name) in names {
      let checkpoint = try open(Pickle.global(module, name))
      #expect(checkpoint.root.className == "\(module).\(name)")
    }
    let called = try open(Pickle.call(Pickle.global("a", "B"), Pickle.int(1)) + [0x7D, 0x62])
    #expect(text(called.root) == "a.B(1) with {}")
    let filled = try open(
      Pickle.global("a", "B") + [0x29, 0x81] + Pickle.text("k") + Pickle.int(2) + [0x73])
    #expect(text(filled.root) == "a.B({'k': 2})")
  }

  @Test("cannot call what they made up")
  func callsOfValues() {
    #expect(throws: CheckpointError.self) { try open(Pickle.text("eval") + [0x29, 0x52]) }
    #expect(throws: CheckpointError.self) {
      try open(Pickle.call(Pickle.global("a", "B")) + [0x29, 0x52])
    }
  }

  @Test(
    "that announce more than there is are refused",
    arguments: [
      [0x8B] + littleEndian(Int32.max), [0x8B] + littleEndian(Int32(-1)),
      [0x8D] + littleEndian(UInt64(1) << 62), [0x8E] + littleEndian(UInt64.max),
      [0x96] + littleEndian(UInt64(1) << 40), [0x58] + littleEndian(UInt32.max),
      [0x54] + littleEndian(Int32(-5)), [0x95] + littleEndian(UInt64(1) << 50) + [0x4E],
      [0x80, 9, 0x4E], [0x6A] + littleEndian(UInt32.max), [0x68, 0], [0x85], [0x74], [0x52], [0x62],
      [0x4E, 0x4E], [0x28, 0x4E], [0x4E, 0x28, 0x30, 0x30], [0x7D, 0x28, 0x4E, 0x75],
      [0x4E, 0x4E, 0x61],
      [0x82, 1], [0x97], [0x50, 0x0A], [0x53, 0x27, 0x27, 0x0A], [0x7D, 0x52], [0x93], [0x51],
      [0x4E, 0x51], Pickle.mark, [],
    ] as [[UInt8]])
  func announcements(pickle: [UInt8]) {
    #expect(throws: CheckpointError.self) { try open(pickle) }
  }

  @Test("may spread their memo numbers without costing memory")
  func sparseMemo() throws {
    let put = [0x4E, 0x72] + littleEndian(UInt32.max) + [0x30]
    let get: [UInt8] = [0x6A] + littleEndian(UInt32.max)
    #expect(text(try open(Array(put) + get).root) == "None")
  }

  @Test("may not nest objects deeper than values can be freed")
  func nesting() throws {
    let wrap = { (count: Int) in [UInt8(0x29)] + [UInt8](repeating: 0x85, count: count) }
    _ = try open(wrap(150))
    for count in [300, 100_000] {
      #expect(throws: CheckpointError.self) { try open(wrap(count)) }
    }
    let lists = { (count: Int) in
      [UInt8](repeating: 0x5D, count: count) + [UInt8](repeating: 0x61, count: count - 1)
    }
    _ = try open(lists(150))
    #expect(throws: CheckpointError.self) { try open(lists(200_000)) }
    // A chain of objects that are each finished before the next begins: no recursion, but height.
    var chain: [UInt8] = [0x5D, 0x29]
    for number in 0..<500 {
      chain += [0x85, 0x72] + littleEndian(UInt32(number)) + [0x61, 0x6A]
      chain += littleEndian(UInt32(number))
    }
    #expect(throws: CheckpointError.self) { try open(chain + [0x61]) }
  }

  @Test("that double an object again and again stay as small as they are written")
  func doubling() throws {
    var pickle: [UInt8] = Pickle.text("lol")
    for _ in 0..<100 { pickle += [0x32, 0x86] }
    var value = try open(pickle).root
    for _ in 0..<100 { value = try #require(value[1]) }
    #expect(value.string == "lol")
  }

  @Test("may contain themselves")
  func cycles() throws {
    let list = try open([0x5D, 0x71, 0, 0x68, 0, 0x61]).root
    #expect(text(list) == "[reference cycle()]")
  }

  @Test("that have more operations than any checkpoint are refused")
  func operations() {
    let pickle = Array(Array(repeating: [0x4E, 0x30] as [UInt8], count: 2_100_000).joined())
    #expect(throws: CheckpointError.self) { try open(pickle + [0x4E]) }
  }

  @Test("cannot make tensors that reach outside their storage or the file")
  func tensors() throws {
    let data = [UInt8](repeating: 0, count: 48)
    func tensor(
      _ count: Int, _ shape: [Int], _ strides: [Int], offset: Int = 0
    ) throws(CheckpointError) -> Checkpoint {
      let storage = Pickle.storage(count: count)
      return try open(
        Pickle.tensor(storage, offset: offset, shape: shape, strides: strides), [("0", data)])
    }
    #expect(try tensor(12, [3, 4], [4, 1]).root.tensor?.read(key: "a").count == 12)
    #expect(try tensor(12, [2], [11]).root.tensor?.read(key: "a").count == 2)
    #expect(
      try tensor(12, [0, 1 << 40], [1, 1], offset: 12).root.tensor?.read(key: "a").count == 0)
    #expect(try tensor(0, [0], [1]).root.tensor?.read(key: "a").count == 0)
    let big = 1 << 62
    let wrong: [(Int, [Int], [Int], Int)] = [
      (12, [13], [1], 0), (12, [12], [1], 1), (12, [2], [12], 0), (12, [1], [1], 12),
      (12, [1], [1], -1), (12, [-1], [1], 0), (12, [3], [-1], 3), (12, [3, 4], [4], 0),
      (12, [big, big], [0, 0], 0), (12, [0, big, big], [1, 1, 1], 0), (12, [3], [big], 0),
      (12, [3, 3], [big, big], 0), (12, [1 << 40], [0], 0), (13, [1], [1], 0), (big, [1], [1], 0),
      (-1, [0], [1], 0), (12, [1], [1], .max),
      (12, Array(repeating: 1, count: 65), Array(repeating: 1, count: 65), 0),
    ]
    for (count, shape, strides, offset) in wrong {
      #expect(throws: CheckpointError.self, "\(shape) \(strides) \(offset) in \(count)") {
        try tensor(count, shape, strides, offset: offset)
      }
    }
    let endless = Pickle.storage("ByteStorage", count: .max)
    let repeated = Pickle.tensor(endless, shape: [1 << 40], strides: [0])
    #expect(throws: CheckpointError.self) { try open(repeated, [("0", data)]) }
    let foreign = Pickle.storage("QuantumStorage", count: 1)
    #expect(throws: CheckpointError.self) { try open(foreign) }
    let missing = Pickle.tensor(Pickle.storage(key: "7", count: 1), shape: [1], strides: [1])
    #expect(throws: CheckpointError.self) { try open(missing, [("0", data)]) }
  }
}
