// SPDX-License-Identifier: Apache-2.0

/// Names that no weights need and that a pickle uses to run code.
///
/// Nothing in a pickle is ever executed here, so these would do no harm; they are refused because a
/// file that names them was made to attack those who open it elsewhere, and its owner should know.
enum ForbiddenGlobals {
  /// Refuses `module.name` by throwing `forbidden`.
  static func check(module: String, name: String) throws(CheckpointError) {
    let full = "\(module).\(name)"
    let path = module.split(separator: ".", omittingEmptySubsequences: false)
    // A dotted name walks through attributes: "torch.serialization" + "os.system" is os.system.
    let attributes = name.split(separator: ".", omittingEmptySubsequences: false)
    let top = path.first.map(String.init) ?? ""
    let isForbidden =
      functions.contains(full)
      || (modules.contains(top) && !harmless.contains(full))
      || path.dropFirst().contains { reachingOut.contains(String($0)) }
      || attributes.dropLast().contains { modules.contains(String($0)) }
      || (path.dropFirst() + attributes).contains {
        $0.hasPrefix("__") && $0.hasSuffix("__") && $0 != "__newobj__" && $0 != "__main__"
      }
    if isForbidden { throw .forbidden(global: full) }
  }

  /// The only builtins that pass: they make plain values.
  private static let valueTypes: Set = [
    "set", "frozenset", "bytearray", "bytes", "complex", "slice", "range", "xrange", "list",
    "tuple", "dict", "int", "long", "float", "str", "unicode", "bool", "object", "type",
    "Ellipsis", "NotImplemented",
  ]

  /// Modules that reach outside the process or build code, wherever they stand in a path.
  private static let reachingOut: Set = [
    "os", "posix", "nt", "ntpath", "posixpath", "subprocess", "sys", "builtins", "__builtin__",
    "importlib", "runpy", "ctypes", "socket", "shutil", "pty", "marshal", "cpp_extension",
  ]

  /// Modules that are refused as the first part of a path.
  private static let modules: Set = reachingOut.union([
    "__builtins__", "_ctypes", "_frozen_importlib", "_imp", "_io", "_operator", "_osx_support",
    "_pickle", "_posixsubprocess", "_socket", "_testcapi", "_thread", "_winapi", "aifc", "ast",
    "asyncio", "atexit", "bdb", "cPickle", "cffi", "cloudpickle", "cProfile", "code", "codeop",
    "commands", "copy_reg", "copyreg", "dbm", "dill", "dis", "distutils", "doctest", "ensurepip",
    "fcntl", "fileinput", "ftplib", "functools", "gc", "glob", "http", "httplib", "idlelib", "imp",
    "inspect", "io", "joblib", "lib2to3", "linecache", "mmap", "msvcrt", "multiprocessing",
    "operator", "pdb", "pickle", "pip", "pipes", "pkg_resources", "pkgutil", "platform", "popen2",
    "profile", "pydoc", "requests", "resource", "select", "setuptools", "shelve", "signal", "site",
    "smtplib", "socketserver", "sqlite3", "ssl", "tempfile", "telnetlib", "thread", "threading",
    "timeit", "tkinter", "trace", "turtle", "urllib", "urllib2", "venv", "webbrowser", "winreg",
    "xmlrpc", "zipapp", "zipimport",
  ])

  /// Names of those modules that only make values.
  private static let harmless: Set = Set(
    ["builtins", "__builtin__"].flatMap { module in valueTypes.map { "\(module).\($0)" } } + [
      "copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__",
      "functools.partial", "io.BytesIO", "_io.BytesIO",
    ])

  private static let functions: Set = [
    "torch.load", "torch.hub", "torch.hub.load", "torch.hub.load_state_dict_from_url",
    "torch.hub.download_url_to_file", "torch.jit.load", "torch.serialization.load",
    "torch.compile", "torch.package.PackageImporter", "torch.utils.collect_env.run",
    "torch._inductor.codecache.compile_file", "torch.fx.graph_module._forward_from_src",
    "torch.storage._load_from_bytes",
    "numpy.load", "numpy.fromfile", "numpy.memmap", "numpy.f2py.compile",
    "numpy.testing._private.utils.runstring", "numpy.testing.runstring",
    "pandas.eval", "pandas.read_pickle", "types.CodeType", "types.FunctionType",
    "types.LambdaType", "types.MethodType", "types.ModuleType", "types.DynamicClassAttribute",
    "logging.config.listen", "logging.config.fileConfig", "logging.config.dictConfig",
    "unittest.mock.patch", "yaml.load", "yaml.unsafe_load",
  ]
}
