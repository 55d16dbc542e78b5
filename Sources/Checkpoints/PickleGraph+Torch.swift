// SPDX-License-Identifier: Apache-2.0

/// The calls and references that PyTorch writes into its pickles.
extension PickleGraph {
  /// What calling the global `name` makes: dictionaries and tensors as such, all else as an object.
  mutating func call(
    _ name: String, _ arguments: [Int], reader: ByteReader
  ) throws(CheckpointError) -> Int {
    switch name {
    case "collections.OrderedDict", "collections.defaultdict", "collections.Counter",
      "builtins.dict", "__builtin__.dict":
      return add(.dict(addChildren(pairs(in: arguments.last))))
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
      "torch._utils._rebuild_tensor_v3":
      return try rebuildTensor(arguments, reader: reader)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      guard let data = arguments.first else { throw reader.malformed("a parameter without data") }
      return data
    case "torch._tensor._rebuild_from_type_v2":
      // (function, subclass, arguments, attributes): a tensor with attributes of its own.
      guard arguments.count == 4, case .global(let function) = nodes[arguments[0]],
        let inner = items(arguments[2]), function != name
      else { throw reader.malformed("a tensor subclass without data") }
      return try call(function, inner, reader: reader)
    case "copyreg._reconstructor", "copy_reg._reconstructor":
      // (class, base, state): how protocols 0 and 1 make an instance.
      guard let first = arguments.first, case .global(let name) = nodes[first] else {
        throw reader.malformed("an instance without a class")
      }
      return addObject(name, [])
    default:
      return addObject(name, arguments)
    }
  }

  private mutating func addObject(_ name: String, _ arguments: [Int]) -> Int {
    objects.append(Object(name: name, arguments: addChildren(arguments)))
    return add(.object(objects.count - 1))
  }

  /// Keys and values in turn of a dictionary, or of a list of pairs.
  private func pairs(in node: Int?) -> [Int] {
    guard let node else { return [] }
    if case .dict(let index) = nodes[node] { return children[index] }
    guard let pairs = items(node)?.compactMap({ items($0) }), pairs.allSatisfy({ $0.count == 2 })
    else { return [] }
    return pairs.flatMap { $0 }
  }

  /// `(storage, offset, shape, strides, …)`; version 3 has the element type as its seventh argument
  /// because its storage is untyped.
  private mutating func rebuildTensor(
    _ arguments: [Int], reader: ByteReader
  ) throws(CheckpointError) -> Int {
    guard arguments.count >= 4, case .storage(let index) = nodes[arguments[0]],
      let offset = int(arguments[1]), let shape = ints(arguments[2]),
      let strides = ints(arguments[3])
    else { throw reader.malformed("a tensor without storage, offset, shape and strides") }
    let storage = storages[index]
    var elementType = storage.elementType
    var capacity = storage.count
    if arguments.count >= 7, case .global(let name) = nodes[arguments[6]], name.hasPrefix("torch.")
    {
      guard storage.offset == 0, let type = ElementType(torchType: String(name.dropFirst(6))) else {
        throw .unsupported(path: reader.path, detail: "a tensor of \(name)")
      }
      capacity = storage.count * storage.elementType.byteCount / type.byteCount
      elementType = type
    }
    let (start, overflows) = offset.addingReportingOverflow(storage.offset)
    guard offset >= 0, !overflows,
      let layout = TensorLayout(
        shape: shape, strides: strides, offset: start, capacity: storage.offset + capacity)
    else {
      throw reader.malformed(
        "a tensor of shape \(shape), strides \(strides), offset \(offset) doesn't fit into a "
          + "storage of \(capacity)")
    }
    tensors.append(PlannedTensor(storage: index, elementType: elementType, layout: layout))
    return add(.tensor(tensors.count - 1))
  }

  /// What a persistent identifier stands for: `('storage', class, key, device, count)`, in older
  /// files with a view `(key, offset, count)` or None after it, or `('module', class, file, source)`.
  mutating func resolve(
    persistentID node: Int, reader: ByteReader
  ) throws(CheckpointError) -> Node {
    guard let parts = items(node), parts.count >= 2, let kind = string(parts[0]) else {
      throw reader.malformed("a reference that is not PyTorch's")
    }
    if kind == "module" { return nodes[parts[1]] }
    guard kind == "storage", parts.count >= 5, case .global(let type) = nodes[parts[1]],
      let key = string(parts[2]), let count = int(parts[4]), count >= 0
    else { throw reader.malformed("a reference that is not PyTorch's") }
    guard type.hasPrefix("torch."), type.hasSuffix("Storage"),
      let elementType = ElementType(
        torchStorage: type.dropLast(7).split(separator: ".").last.map(String.init) ?? "")
    else { throw .unsupported(path: reader.path, detail: "a storage of class \(type)") }
    guard !count.multipliedReportingOverflow(by: elementType.byteCount).overflow else {
      throw reader.malformed("a storage of \(count) elements")
    }
    var storage = Storage(
      key: key, elementType: elementType, wholeCount: count, offset: 0, count: count)
    if parts.count >= 6, let view = items(parts[5]) {
      guard view.count == 3, let offset = int(view[1]), let part = int(view[2]), offset >= 0,
        offset <= count, part >= 0, part <= count - offset
      else { throw reader.malformed("a view outside its storage") }
      storage.offset = offset
      storage.count = part
    }
    storages.append(storage)
    return .storage(storages.count - 1)
  }
}
