// Names of the module library that other libraries have too, under which the files that import both know them.

import Modules

/// A name, version or parameter of a module.
typealias ModuleText = ShortText
