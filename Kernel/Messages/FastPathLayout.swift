// Whether ipc.S finds the fields of calls and queues that it changes.

import ABI
#if arch(i386)
  import MachineSupport
#endif
import Primitives
import Scheduling

extension Reference where Value == CallQueues {
  public var arePlacedAsExpected: Bool {
    #if arch(i386)
      at(SERVICE_CALLERS, in: address, &value.callers) && at(SERVICE_RECEIVERS, in: address, &value.receivers)
        && at(SERVICE_DRAINERS, in: address, &value.drainers) && at(SERVICE_INSIDE, in: address, &value.inside)
        && at(SERVICE_EPOCH, in: address, &value.epoch) && at(SERVICE_HOLDER, in: address, &value.holder)
        && at(SERVICE_CALLS, in: address, &value.calls)
        && at(SERVICE_LATEST_NUMBER, in: address, &value.latestNumber)
        && CallPlace.nowhere.rawValue == UInt8(PLACE_NOWHERE) && CallPlace.taken.rawValue == UInt8(PLACE_TAKEN)
        && CallForm.registers.rawValue == UInt8(FORM_REGISTERS)
    #else
      true
    #endif
  }
}

extension Reference where Value == CallRecord {
  public var isPlacedAsExpected: Bool {
    #if arch(i386)
      at(RECORD_FORM, in: address, &value.form) && at(RECORD_PLACE, in: address, &value.place)
        && at(RECORD_NUMBER, in: address, &value.number) && at(RECORD_SERVICE, in: address, &value.service)
        && at(RECORD_RESULT, in: address, &value.result) && at(RECORD_DATA_ADDRESS, in: address, &value.dataAddress)
        && at(RECORD_BUFFER_ADDRESS, in: address, &value.bufferAddress)
        && at(RECORD_INLINE_LENGTH, in: address, &value.inlineLength)
        && at(RECORD_INLINE, in: address, &value.inlineData) && at(RECORD_LENT_TO, in: address, &value.lentTo)
        && MemoryLayout<InlineArray<16, UInt32>>.size == Int(INLINE_SIZE)
        && at(RECORD_LENGTH, in: address, &value.message.dataLength)
        && at(RECORD_SENDER, in: address, &value.message.sender) && CallForm.message.rawValue == UInt8(FORM_MESSAGE)
    #else
      true
    #endif
  }
}

#if arch(i386)
  private func at<Field: ~Copyable>(_ offset: Int32, in start: UInt, _ field: inout Field) -> Bool {
    reference(to: &field).address == start &+ UInt(offset)
  }
#endif
