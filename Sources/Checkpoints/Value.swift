// SPDX-License-Identifier: Apache-2.0

/// A pickled object, as plain data.
///
/// Classes and functions that the pickle names are never looked up or called: what they would have
/// made is an `opaque` value with their name and arguments. A few whose meaning is plain data come
/// translated: sets as lists, `argparse.Namespace` as a dictionary, paths and version strings as
/// strings, NumPy scalars as numbers.
public enum Value: Sendable {
  /// Python's `None`.
  case none
  /// A truth value.
  case bool(Bool)
  /// An integer of up to 64 bits; longer ones are opaque `builtins.int` with little-endian bytes.
  case int(Int)
  /// A floating-point number.
  case double(Double)
  /// Text.
  case string(String)
  /// Raw bytes.
  case bytes([UInt8])
  /// A list, or the members of a set.
  case list([Value])
  /// A tuple.
  case tuple([Value])
  /// A dictionary in the order of insertion. Of two equal keys the later one counts.
  case dict([(key: Value, value: Value)])
  /// A tensor, whose numbers stay in the file until asked for.
  case tensor(TensorReference)
  /// A class, or what calling it would have made, with the state it would have been given. Items
  /// that the pickle adds to such an object are the last argument, as a list or dictionary.
  indirect case opaque(name: String, arguments: [Value], state: Value?)
}

extension Value {
  /// The value under a key of a dictionary, or an attribute of an opaque object.
  public subscript(_ key: String) -> Value? {
    switch self {
    case .dict(let entries): entries.last { $0.key.string == key }?.value
    case .opaque(_, _, let state?): state[key]
    default: nil
    }
  }

  /// An item of a list or tuple.
  public subscript(_ index: Int) -> Value? {
    guard let list, list.indices.contains(index) else { return nil }
    return list[index]
  }

  /// The text, if this is a string.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The truth value, if this is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The number, if this is an integer.
  public var int: Int? {
    if case .int(let value) = self { value } else { nil }
  }

  /// The number, if this is an integer, a floating-point number or a `fractions.Fraction`.
  public var double: Double? {
    switch self {
    case .int(let value): return Double(value)
    case .double(let value): return value
    default:
      guard let fraction else { return nil }
      return Double(fraction.numerator) / Double(fraction.denominator)
    }
  }

  /// The items, if this is a list or a tuple.
  public var list: [Value]? {
    switch self {
    case .list(let items), .tuple(let items): items
    default: nil
    }
  }

  /// The string keys of a dictionary, in order.
  public var keys: [String] {
    if case .dict(let entries) = self { entries.compactMap(\.key.string) } else { [] }
  }

  /// The tensor, if this is one.
  public var tensor: TensorReference? {
    if case .tensor(let reference) = self { reference } else { nil }
  }

  /// The name of the class or function of an opaque value, such as `demucs.htdemucs.HTDemucs`.
  public var className: String? {
    if case .opaque(let name, _, _) = self { name } else { nil }
  }

  /// Numerator and positive denominator of a `fractions.Fraction`, pickled as "39/5" or as 39, 5.
  public var fraction: (numerator: Int, denominator: Int)? {
    guard case .opaque("fractions.Fraction", let arguments, _) = self else { return nil }
    let parts: [Int?]
    if arguments.count == 1, let text = arguments[0].string {
      parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    } else {
      parts = arguments.map(\.int)
    }
    guard let first = parts.first, let numerator = first, parts.count <= 2 else { return nil }
    guard parts.count == 2 else { return (numerator, 1) }
    guard let denominator = parts[1], denominator > 0 else { return nil }
    return (numerator, denominator)
  }

  /// What kind of value this is, for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a truth value"
    case .int, .double: "a number"
    case .string: "a string"
    case .bytes: "bytes"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dict: "a dictionary"
    case .tensor: "a tensor"
    case .opaque(let name, _, _): "a \(name)"
    }
  }
}
