// Names of the module library that other libraries have too, under which the files that import both know them.

import Modules

/// The exported names of a module.
typealias ModuleSymbols = SymbolTable
/// A name, version or parameter of a module.
typealias ModuleText = ShortText
