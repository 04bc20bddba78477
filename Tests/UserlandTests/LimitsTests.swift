@testable import ShellLanguage
import Testing

@Suite struct LimitsTests {
  @Test func whatIsWritten() {
    let limits = Limits([UInt8]("memory=4M,kernel=64K,tasks=5".utf8))
    #expect(limits?.pages == 1024)
    #expect(limits?.kernelBytes == 65_536)
    #expect(limits?.tasks == 5)
    #expect(Limits([UInt8]("tasks=1".utf8))?.pages == 0)
    #expect(Limits([UInt8]("memory=5000".utf8))?.pages == 1)
  }

  @Test(arguments: [
    "", "tasks", "tasks=", "tasks=0", "tasks=1,", ",tasks=1", "tasks=1,tasks=2", "tasks=-1", "tasks=x", "threads=1",
    "=1",
    "memory=4095", "memory=4G", "memory=4096M", "tasks=4294967295", "tasks=99999999999", "kernel=M", "kernel=1MM",
    "tasks=18446744073709551617",
  ])
  func whatIsRefused(text: String) { #expect(Limits([UInt8](text.utf8)) == nil) }
}
