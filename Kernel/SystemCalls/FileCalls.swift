// System calls on handles that bytes are read from and written to, and on the files of the boot archives.

import ABI
import Files
import Mounts
import Objects
import Platform
import Primitives
import VirtualMemory

struct FileCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(never)
  func read(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try context.currentProcess.value.handles.target(of: arguments.first, needed: .read)
    let buffer = UserBuffer(address: arguments.second, length: arguments.third, in: context)
    return Int32(bitPattern: try context.objects.kinds.read(target, into: buffer))
  }

  @inline(never)
  func write(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try context.currentProcess.value.handles.target(of: arguments.first, needed: .write)
    let buffer = UserBuffer(address: arguments.second, length: min(arguments.third, 0x7fff_ffff), in: context)
    return Int32(bitPattern: try context.objects.kinds.write(buffer, to: target))
  }

  @inline(never)
  func open(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var path = AbsolutePath()
    try FileSpace(context).read(TextSlice(address: arguments.first, length: arguments.second), into: &path)
    return try path.withText { path throws(SystemError) in
      try FileSpace(context).open(path, OpenFlags(rawValue: arguments.third))
    }
  }

  @inline(never)
  package func close(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try Handles(context).close(arguments.first, of: context.currentProcess)
    return 0
  }

  @inline(never)
  func seek(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try context.currentProcess.value.handles.target(of: arguments.first, needed: .read)
    try context.objects.kinds.seek(target, to: arguments.second, context)
    return 0
  }

  @inline(never)
  func entry(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let entry = BootFiles(context).entry(at: arguments.first) else { throw .notFound }
    try UserBuffer(address: arguments.second, length: 0, in: context).write(entry)
    return 0
  }
}
