// Standard handles: what a new process gets of its starter's, and what it does not.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct StandardHandles {
    /// Writes its number to each, and says by its status which took it.
    private static func probe(_ caller: Caller) -> Int32 {
      var taken: Int32 = 0
      for handle in 0..<StandardHandle.count where caller.write([UInt8(handle)], to: handle) == 1 {
        taken |= 1 << handle
      }
      return taken
    }

    @Test func theConsoleAtFirst() {
      let kernel = HostedKernel()
      kernel.add("/bin/child") { caller in
        #expect(caller.write(Array("out\n".utf8), to: StandardHandle.output) == 4)
        #expect(caller.write(Array("wrong\n".utf8), to: StandardHandle.error) == 6)
        #expect(caller.write([1], to: StandardHandle.input) == SystemError.badHandle.rawValue)
        #expect(caller.call(.read, StandardHandle.output, Caller.data, 1) == SystemError.badHandle.rawValue)
        return 0
      }
      let result = kernel.run { caller in
        #expect(caller.wait(caller.start("/bin/child"))?.status == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(result.text.contains("out") && result.text.contains("wrong"))
    }

    @Test func othersAndNone() {
      let kernel = HostedKernel()
      kernel.add("/bin/child", Self.probe)
      let result = kernel.run { caller in
        guard let pipe = caller.makePipe() else { return 1 }
        func status(_ handles: InlineArray<3, HandleSource>) -> Int32? {
          caller.wait(caller.start("/bin/child", handles: handles))?.status
        }
        #expect(status([.none, .none, .none]) == 0)
        #expect(status([.none, .handle(pipe.writing), .handle(pipe.writing)]) == 6)
        #expect(caller.read(9, from: pipe.reading) == [1, 2])
        #expect(status([.handle(pipe.writing), .none, .handle(pipe.reading)]) == 1)
        #expect(caller.read(9, from: pipe.reading) == [0])
        // What is not there, and what may not be duplicated.
        let error = SystemError.badHandle.rawValue
        #expect(caller.start("/bin/child", handles: [.handle(31), .none, .none]) == error)
        #expect(caller.start("/bin/child", handles: [.handle(0xffff), .none, .none]) == error)
        let plain = caller.call(.handleDuplicate, pipe.writing, HandleRights.write.rawValue)
        #expect(caller.start("/bin/child", handles: [.none, .handle(UInt32(plain)), .none]) == error)
        let ports = caller.call(.portsClaim, 0x170, 8)
        let unsupported = SystemError.unsupported.rawValue
        #expect(caller.start("/bin/child", handles: [.none, .handle(UInt32(ports)), .none]) == unsupported)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A handle that was closed, or may not be duplicated, is not passed on, and nothing that is opened takes its place.
    @Test func whatIsClosedStaysClosed() {
      let kernel = HostedKernel()
      kernel.add("/bin/child", Self.probe)
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let pipe = caller.makePipe() else { return 1 }
        let plain = caller.call(.handleDuplicate, pipe.writing, HandleRights([.write, .duplicate]).rawValue)
        #expect(caller.call(.handlePlace, UInt32(plain), StandardHandle.output) == 0)
        #expect(caller.write([8], to: StandardHandle.output) == 1)
        #expect(caller.read(9, from: pipe.reading) == [8])
        caller.call(.close, StandardHandle.error)
        #expect(caller.write([1], to: StandardHandle.error) == SystemError.badHandle.rawValue)
        #expect(caller.call(.notificationCreate) > 2)
        #expect(caller.wait(caller.start("/bin/child"))?.status == 2)
        #expect(caller.read(9, from: pipe.reading) == [1])
        // A notification is placed when it is asked for, and is not passed on by itself.
        let notification = caller.call(.notificationCreate)
        #expect(caller.call(.handlePlace, UInt32(notification), StandardHandle.error) == 0)
        #expect(caller.call(.notificationSignal, StandardHandle.error, 1) == 0)
        #expect(caller.wait(caller.start("/bin/child"))?.status == 2)
        let place = caller.place(HandleInformation())
        #expect(caller.call(.handleInformation, StandardHandle.output, place) == 0)
        let information = caller.read(at: place, HandleInformation())
        #expect(information.kind == ObjectKind.pipeWriter.rawValue && information.rights == [.write, .duplicate])
        #expect(caller.call(.handleInformation, 31, place) == SystemError.badHandle.rawValue)
        #expect(caller.call(.handlePlace, UInt32(notification), 3) == SystemError.badArgument.rawValue)
        #expect(caller.call(.handlePlace, 30, 1) == SystemError.badHandle.rawValue)
        #expect(caller.call(.handlePlace, StandardHandle.output, StandardHandle.output) == 0)
        for handle in 0..<32 as Range<UInt32> { caller.call(.close, handle) }
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
