// What compiled Swift calls for arrays and closures; `free` itself is in memory.S, because Swift reserves the name. In a test process the
// host's own functions take their place.

@_spi(Entry) import Platform
import VirtualMemory

@c(posix_memalign) public func kernelAllocateAligned(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: UInt, _ size: UInt
) -> Int32 {
  let heap = KernelHeap(Context())
  guard let memory = heap.allocateUnchargedBytes(Int(size), alignment: Int(max(16, alignment)), tag: .runtime) else {
    return 12
  }
  result.pointee = memory
  return 0
}

@c(kernel_free) public func kernelFree(_ memory: UnsafeMutableRawPointer?) { KernelHeap(Context()).free(memory) }
