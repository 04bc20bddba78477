// What machine QEMU shall be, and the command line that makes it so.
//
// Invariant: with `deterministic`, two runs of the same files execute the same instructions.

import Foundation

/// A size of memory as QEMU reads it: a number of mebibytes, or of gibibytes with `G`.
public struct MemorySize: Sendable, Equatable {
  public let mebibytes: Int

  /// Reads `64M`, `4G` or a plain number of mebibytes; nil for anything else and for sizes that QEMU's 32-bit
  /// machine cannot have.
  public init?(_ text: String) {
    let unit: Int
    let digits: Substring
    switch text.last {
    case "M", "m": (unit, digits) = (1, text.dropLast())
    case "G", "g": (unit, digits) = (1024, text.dropLast())
    default: (unit, digits) = (1, text[...])
    }
    guard let number = Int(digits), (1...64 << 10).contains(number), number * unit <= 64 << 10 else { return nil }
    mebibytes = number * unit
  }
}

extension MemorySize: CustomStringConvertible {
  public var description: String {
    mebibytes % 1024 == 0 ? "\(mebibytes >> 10) GiB" : "\(mebibytes) MiB"
  }
}

/// The machine and what it boots.
public struct MachineOptions: Sendable {
  public enum Boot: Sendable, Equatable {
    /// Multiboot 1, by QEMU itself: the kernel, and archives as modules.
    case kernel(path: String, modules: [String])
    /// Multiboot 2, through GRUB.
    case iso(path: String)

    var isImage: Bool {
      if case .iso = self { true } else { false }
    }
  }

  /// What an image with GRUB lies on.
  public enum Medium: String, Sendable, CaseIterable {
    case cd
    /// A disk at the board's own controller.
    case disk
    /// A stick at a controller for USB 3.
    case usb
  }

  /// What a machine can be without.
  public enum Part: String, Sendable, CaseIterable {
    /// Both serial ports.
    case serial
    /// Any screen.
    case screen
    /// The VGA, with its text mode: there is only a frame buffer.
    case vga
    /// The controller of PS/2 keyboards: there is only a keyboard on USB.
    case ps2
    /// QEMU's device that ends the machine, which no PC has: what is on the screen stays there.
    case exit
  }

  /// What the first serial port, the console, is connected to.
  public enum Console: Sendable, Equatable {
    /// QEMU's own output; there is no input.
    case output
    /// The terminal, in raw mode, shared with QEMU's monitor (Ctrl-A C); Ctrl-A X quits.
    case terminal
    /// Standard input and output that are no terminal.
    case pipe
    /// The socket `console` in the folder of the run; what is printed goes to a file, too.
    case socket(log: String)
  }

  public var boot: Boot
  public var medium = Medium.cd
  /// The firmware that starts an ISO's loader; nil: QEMU's BIOS.
  public var firmware: UEFI?
  public var missing: Set<Part> = []
  public var memory = MemorySize("256M")
  public var processor = "max"
  /// The board, as QEMU names it, with its properties. UEFI has drivers for disks of `q35`, which takes the place of `pc`.
  public var board = "pc"
  /// What the kernel gets as its command line. An ISO has its own.
  public var commandLine = ""
  public var console = Console.output
  public var display = false
  public var deterministic = false
  /// Wait for GDB on this port before the first instruction; nil: there is no debugger.
  public var debuggerPort: Int?
  /// The image of the first disk, which the machine writes to; nil: there is none.
  public var disk: String?
  /// The image is this run's own: nothing of it need be safe on the host's disk.
  public var isDiskTemporary = false
  public var extraArguments: [String] = []

  public init(boot: Boot) { self.boot = boot }

  /// The sockets of QEMU's monitors.
  struct Monitors {
    let people: String
    let events: String
  }

  /// The same machine with its files under plain names in the folder of its run, where QEMU is started: it takes a blank in
  /// an archive's path for the end of it, and sockets have short paths.
  func gathered(in folder: RunFolder, root: URL) throws -> MachineOptions {
    func link(_ path: String, as name: String) throws -> String {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(name), withDestinationPath: path.hasPrefix("/") ? path : root.appending(path: path).path)
      return name
    }
    var options = self
    switch boot {
    case .kernel(let path, let modules):
      options.boot = .kernel(
        path: try link(path, as: "kernel"),
        modules: try modules.enumerated().map { try link($0.element, as: "archive\($0.offset)") })
    case .iso(let path): options.boot = .iso(path: try link(path, as: "image"))
    }
    options.disk = try disk.map { try link($0, as: "disk") }
    return options
  }

  /// QEMU's arguments.
  /// - Parameters:
  ///   - hostChannel: the file that the second serial port writes to.
  ///   - monitors: where QEMU is watched through; a machine that resets itself then stops and keeps its
  ///     registers. Nil: it ends.
  func arguments(hostChannel: String, monitors: Monitors?) -> [String] {
    var words = ["-accel", "tcg", "-machine", machine, "-m", "\(memory?.mebibytes ?? 256)", "-cpu", processor]
    words += ["-nodefaults", "-net", "none"] + screen + keyboard
    switch boot {
    case .kernel(let path, let modules):
      words += ["-kernel", path]
      if !modules.isEmpty { words += ["-initrd", modules.map(Self.escaped).joined(separator: ",")] }
      if !commandLine.isEmpty { words += ["-append", commandLine] }
    case .iso(let path): words += media(path)
    }
    if let firmware {
      if firmware.needsManagementMode { words += ["-global", "driver=cfi.pflash01,property=secure,value=on"] }
      words += ["-drive", "if=pflash,format=raw,unit=0,readonly=on,file=\(Self.escaped(firmware.code))"]
      words += ["-drive", "if=pflash,format=raw,unit=1,file=\(Self.escaped(firmware.variables))"]
    }
    if let disk, !isSmall {
      let cache = isDiskTemporary ? ",cache=unsafe" : ""
      words += ["-drive", "file=\(Self.escaped(disk)),format=raw,if=ide,index=0\(cache)"]
    }
    words += serialPorts(hostChannel: hostChannel)
    if !missing.contains(.exit) { words += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"] }
    if let monitors {
      words += ["-action", "reboot=shutdown,shutdown=pause"]
      words += ["-monitor", "unix:\(Self.escaped(monitors.people)),server=on,wait=off"]
      words += ["-qmp", "unix:\(Self.escaped(monitors.events)),server=on,wait=off"]
    } else {
      words.append("-no-reboot")
    }
    if deterministic {
      words += ["-icount", "shift=\(instructionShift),sleep=off", "-rtc", "base=2026-01-01,clock=vm"]
    }
    if let debuggerPort { words += ["-gdb", "tcp:127.0.0.1:\(debuggerPort)", "-S"] }
    return words + extraArguments
  }

  /// This board has neither a bus for a VGA nor a controller for disks.
  private var isSmall: Bool { board.hasPrefix("microvm") }

  private var machine: String {
    var machine = board
    if let firmware {
      if machine == "pc" { machine = "q35" }
      if firmware.needsManagementMode { machine += ",smm=on" }
    }
    return missing.contains(.ps2) ? machine + ",i8042=off" : machine
  }

  private var screen: [String] {
    var words = display ? [] : ["-display", "none"]
    let hasVGA = !isSmall && missing.isDisjoint(with: [.screen, .vga])
    words += ["-vga", hasVGA ? "std" : "none"]
    if missing.contains(.vga), !missing.contains(.screen) { words += ["-device", "bochs-display"] }
    return words
  }

  private var keyboard: [String] {
    let isOnStick = medium == .usb && boot.isImage
    guard isOnStick || missing.contains(.ps2) else { return [] }
    return ["-device", "qemu-xhci,id=usb"] + (missing.contains(.ps2) ? ["-device", "usb-kbd,bus=usb.0"] : [])
  }

  private func media(_ path: String) -> [String] {
    guard medium != .cd else { return ["-boot", "d", "-cdrom", path] }
    let device = medium == .usb ? "usb-storage,bus=usb.0,removable=on" : "ide-hd,bus=ide.1"
    return [
      "-drive", "if=none,id=medium,format=raw,cache=unsafe,file=\(path)",
      "-device", "\(device),drive=medium,bootindex=0",
    ]
  }

  private func serialPorts(hostChannel: String) -> [String] {
    // A terminal is connected to the monitor then, which can end the machine.
    if missing.contains(.serial) { return ["-serial", "none"] + (console == .terminal ? ["-monitor", "stdio"] : []) }
    let first =
      switch console {
      case .output: ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]
      case .terminal: ["-serial", "mon:stdio"]
      case .pipe: ["-serial", "stdio"]
      case .socket(let log):
        [
          "-chardev", "socket,id=console,path=console,server=on,wait=off,logfile=\(Self.escaped(log))", "-serial",
          "chardev:console",
        ]
      }
    return first + ["-chardev", "file,id=host,path=\(Self.escaped(hostChannel))", "-serial", "chardev:host"]
  }

  /// The processor executes an instruction in 2^shift nanoseconds. What firmware and boot loader wait for by the clock takes few
  /// instructions where one takes long.
  private var instructionShift: Int { boot.isImage ? 6 : 0 }

  /// QEMU separates options by commas and reads two commas as one.
  public static func escaped(_ path: String) -> String { path.replacing(",", with: ",,") }
}
