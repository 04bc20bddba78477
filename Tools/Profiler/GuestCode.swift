// Whose code an address of the guest holds, and which function of it.
//
// The kernel lies at its own addresses. All programs are linked at the same ones, and modules lie wherever there was
// room: they are recognized by the page that the code is in, which the loader took from the file as it was.

import SymbolTables

/// A function of the kernel, of a program or of a module.
public struct GuestFunction: Hashable, Sendable {
  /// The name of the program's file, or `kernel`.
  public let image: String
  public let name: String

  public init(image: String, name: String) {
    self.image = image
    self.name = name
  }
}

public struct GuestCode: Sendable {
  /// A program or module.
  public struct Image: Sendable {
    public let name: String
    /// The pages of its code: the address that each is linked at, and its hash.
    public let pages: [(address: UInt32, hash: UInt64)]
    /// Read when code of it runs for the first time; sorted by address.
    public let symbols: @Sendable () throws -> [CodeImage.Function]

    public init(
      name: String, pages: [(address: UInt32, hash: UInt64)],
      symbols: @escaping @Sendable () throws -> [CodeImage.Function]
    ) {
      self.name = name
      self.pages = pages
      self.symbols = symbols
    }
  }

  public static let kernelName = "kernel"
  /// The page at the end of every program's half that enters the kernel. It is a copy, so no symbol has its address.
  public static let systemCallPage = GuestFunction(image: kernelName, name: "system-call page")
  private static let systemCallPageAddress = TracePage.kernelHalf - UInt32(TracePage.size)

  private let kernel: [CodeImage.Function]
  private let images: [Image]
  private let places: [UInt64: (image: Int, address: UInt32)]
  private var symbols: [Int: [CodeImage.Function]] = [:]

  /// - Parameter kernel: sorted by address.
  public init(kernel: [CodeImage.Function], images: [Image]) {
    self.kernel = kernel
    self.images = images
    var places: [UInt64: (image: Int, address: UInt32)] = [:]
    for (index, image) in images.enumerated() {
      for page in image.pages where places[page.hash] == nil { places[page.hash] = (index, page.address) }
    }
    self.places = places
  }

  /// The function at `address`, whose page has the hash `page`, and whether it begins there.
  mutating func function(at address: UInt32, page: UInt64) throws -> (function: GuestFunction, isBeginning: Bool) {
    let isKernel = address >= TracePage.kernelHalf
    if isKernel, let symbol = Self.symbol(at: address, in: kernel) {
      return (GuestFunction(image: Self.kernelName, name: symbol.name), symbol.address == address)
    }
    if !isKernel, address >= Self.systemCallPageAddress { return (Self.systemCallPage, false) }
    guard let place = places[page] else {
      return (GuestFunction(image: isKernel ? "unknown module" : "unknown program", name: "?"), false)
    }
    let image = images[place.image]
    let linked = place.address + address % UInt32(TracePage.size)
    if symbols[place.image] == nil { symbols[place.image] = try image.symbols() }
    guard let symbol = Self.symbol(at: linked, in: symbols[place.image] ?? []) else {
      return (GuestFunction(image: image.name, name: "?"), false)
    }
    return (GuestFunction(image: image.name, name: symbol.name), symbol.address == linked)
  }

  private static func symbol(at address: UInt32, in symbols: [CodeImage.Function]) -> CodeImage.Function? {
    var (low, high) = (0, symbols.count)
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let symbol = symbols[low - 1]
    return address - symbol.address < max(symbol.size, 1) ? symbol : nil
  }
}
