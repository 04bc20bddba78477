// What drivers claim: I/O ports, an interrupt line, device memory; and that all of it is free again when they end.

import ABI
import Primitives
import SDK

/// The registers of the real-time clock (MC146818 data sheet) that the checks use.
private enum ClockRegister {
  static var seconds: UInt8 { 0x00 }
  static var rate: UInt8 { 0x0a }
  static var control: UInt8 { 0x0b }
  /// Reading it lets the clock interrupt again.
  static var cause: UInt8 { 0x0c }
  static var periodic: UInt8 { 0x40 }
}

enum DeviceChecks {
  private static var line: UInt32 { 8 }
  private static var index: UInt32 { 0x70 }
  private static var value: UInt32 { 0x71 }

  static func run(_ checks: inout Checklist) {
    ports(&checks)
    interrupts(&checks)
    memory(&checks)
    ends(&checks)
    var options = StartOptions()
    options.droppedRights = .clock
    let confined = Handles.start("--driver", options)
    checks.check((try? confined?.wait()) == .exited(status: 1), "without the right `clock` nothing of it is claimed")
  }

  private static func ports(_ checks: inout Checklist) {
    for (first, count) in [(0x20, 2), (0x3f8, 8), (0x1f, 8)] as [(UInt32, UInt32)] {
      checks.check(
        Handles.refusal { () throws(SystemError) in try Ports(first: first, count: count) } == .busy,
        "the kernel's own ports are refused")
    }
    for (first, count) in [(0x70, 0), (0x1_0000, 1), (0xffff, 2), (0x70, .max)] as [(UInt32, UInt32)] {
      checks.check(
        Handles.refusal { () throws(SystemError) in try Ports(first: first, count: count) } == .badArgument,
        "ports that do not exist are refused")
    }
    guard let clock = try? Ports(first: index, count: 2) else {
      checks.check(false, "the ports of the clock are claimed")
      return
    }
    checks.check(
      Handles.refusal { () throws(SystemError) in try Ports(first: 0x71, count: 1) } == .busy, "claimed ports are busy")
    checks.check(
      Handles.refusal { () throws(SystemError) in try clock.handle.duplicate(.read) } == .unsupported,
      "and have one handle")
    let seconds = read(clock, ClockRegister.seconds)
    checks.check(seconds & 0xf < 10 && seconds < 0x60, "the clock's seconds are read through its ports")
    checks.check(
      Handles.refusal { () throws(SystemError) in try clock.read8(0x72) } == .badArgument
        && Handles.refusal { () throws(SystemError) in try clock.read16(0x71) } == .badArgument
        && Handles.refusal { () throws(SystemError) in try clock.read8(0x6f) } == .badArgument,
      "ports beside them are not")
    clock.handle.close()
    checks.check((try? Ports(first: index, count: 2))?.handle.close() != nil, "closed ports are free")
  }

  private static func read(_ clock: Ports, _ register: UInt8) -> UInt8 {
    try? clock.write(register, to: index)
    return (try? clock.read8(value)) ?? 0xff
  }

  private static func write(_ clock: Ports, _ register: UInt8, _ contents: UInt8) {
    try? clock.write(register, to: index)
    try? clock.write(contents, to: value)
  }

  private static func interrupts(_ checks: inout Checklist) {
    guard let notification = try? Notification(), let clock = try? Ports(first: index, count: 2) else {
      checks.check(false, "a notification and the ports of the clock")
      return
    }
    defer {
      notification.handle.close()
      clock.handle.close()
    }
    for line in [0, 2, 4] as [UInt32] {
      checks.check(refusal(line, notification) == .busy, "the kernel's own lines are refused")
    }
    // The console's keyboard is lent, line and ports, and goes back with the last of them.
    for _ in 0..<3 {
      let lent = try? ClaimedLine(1, sets: 1, of: notification)
      let ports = try? Ports(first: 0x60, count: 5)
      checks.check(lent != nil && ports != nil, "the keyboard is lent")
      checks.check(refusal(1, notification) == .busy, "to one driver")
      lent?.handle.close()
      checks.check((try? ports?.read8(0x64)) != nil, "who gives a part of it back has the rest")
      ports?.handle.close()
    }
    checks.check(refusal(16, notification) == .badArgument, "and those that do not exist")
    checks.check(refusal(line, Notification(.output)) == .badHandle, "a line needs a notification")
    guard let interrupt = try? ClaimedLine(line, sets: 16, of: notification) else {
      checks.check(false, "the clock's line is claimed")
      return
    }
    checks.check(refusal(line, notification) == .busy, "a claimed line is busy")
    // The keyboard's bit too, which has been there since its line was lent.
    checks.check(
      (try? notification.wait(nanoseconds: 0)) == 17, "a line that was claimed may be up, so its bits are set")
    let control = read(clock, ClockRegister.control)
    write(clock, ClockRegister.control, control | ClockRegister.periodic)
    var count = 0
    for _ in 0..<20 {
      _ = read(clock, ClockRegister.cause)
      try? interrupt.acknowledge()
      guard (try? notification.wait(nanoseconds: 1_000_000_000)) == 16 else { break }
      count += 1
    }
    checks.check(count == 20, "its interrupts arrive as a bit")
    // Nobody takes them for a while: the line is masked, and nothing is lost.
    _ = read(clock, ClockRegister.cause)
    Thread.sleep(milliseconds: 5)
    checks.check((try? notification.wait(nanoseconds: 0)) == 16, "one that nobody waited for is kept")
    write(clock, ClockRegister.control, control)
    _ = read(clock, ClockRegister.cause)
    interrupt.handle.close()
    _ = try? notification.wait(nanoseconds: 0)
    checks.check(
      Handles.refusal { () throws(SystemError) in try notification.wait(nanoseconds: 3_000_000) } == .timedOut,
      "a closed line is silent")
  }

  private static func refusal(_ line: UInt32, _ notification: Notification) -> SystemError? {
    Handles.refusal { () throws(SystemError) in try ClaimedLine(line, sets: 1, of: notification) }
  }

  private static func memory(_ checks: inout Checklist) {
    // The text screen of the VGA.
    guard let screen = try? DeviceMemory(at: 0xb_8000, length: 8000) else {
      checks.check(false, "device memory is mapped")
      return
    }
    let region = try? Machine.region(of: .current, above: screen.address)
    checks.check(
      region?.start == screen.address && region?.length == 8192 && region?.purpose == RegionPurpose.device.rawValue,
      "device memory is a region of its own")
    let word = unsafe UnsafeMutablePointer<UInt16>(bitPattern: UInt(screen.address + 7998))
    let old = unsafe word?.pointee ?? 0
    unsafe word?.pointee = 0x0741
    checks.check(unsafe word?.pointee == 0x0741, "what is written there is read there")
    unsafe word?.pointee = old
    checks.check((try? screen.unmap()) != nil, "and it is unmapped")
    for address in [0x10_0000, 0x80_0000, 0xfee0_0000, 0xfec0_0000] as [UInt32] {
      checks.check(
        Handles.refusal { () throws(SystemError) in try DeviceMemory(at: address, length: 4096) } == .busy,
        "memory and the kernel's controllers are refused")
    }
    checks.check(
      Handles.refusal { () throws(SystemError) in try DeviceMemory(at: 0xb_8000, length: 4096, [.read, .execute]) }
        == .badArgument, "device memory is never executable")
    checks.check(
      Handles.refusal { () throws(SystemError) in try DeviceMemory(at: 0xffff_f000, length: 8192) } == .badArgument,
      "nor past the end of the address space")
  }

  /// A driver that ends holds nothing any more.
  private static func ends(_ checks: inout Checklist) {
    var ended = 0
    for _ in 0..<20 {
      guard let driver = Handles.start("--driver"), (try? driver.wait()) == .exited(status: 0) else { break }
      ended += 1
    }
    checks.check(ended == 20, "what a driver claimed is free when it has ended")
  }

  static func claimAndEnd() -> Int32 {
    guard let notification = try? Notification(), let clock = try? Ports(first: index, count: 2),
      let interrupt = try? ClaimedLine(line, sets: 1, of: notification),
      (try? DeviceMemory(at: 0xb_8000, length: 4096)) != nil
    else { return 1 }
    let control = read(clock, ClockRegister.control)
    write(clock, ClockRegister.control, control | ClockRegister.periodic)
    // The first bit comes with the claim, since the driver before left the line up; the second is an interrupt.
    for _ in 0..<2 {
      guard (try? notification.wait(nanoseconds: 1_000_000_000)) != nil else { return 2 }
      _ = read(clock, ClockRegister.cause)
      try? interrupt.acknowledge()
    }
    // The third is not seen to, so that the line is up when this driver ends.
    guard (try? notification.wait(nanoseconds: 1_000_000_000)) != nil else { return 3 }
    write(clock, ClockRegister.control, control)
    return 0
  }
}
