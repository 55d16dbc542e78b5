// SPDX-License-Identifier: Apache-2.0
import SoundFiles
import Testing

@Suite("Records in a temporary file") struct RecordSpoolTests {
  @Test("they come back as they were written, in any order")
  func order() throws {
    let spool = try RecordSpool(recordLength: 3)
    for first in [5, 0, 2] {
      let records: [Float] = (0..<6).map { Float(first * 3 + $0) }
      spool.write(first, count: 2, from: records)
    }
    var found = [Float](repeating: -1, count: 9)
    spool.read(0, count: 1, into: &found)
    #expect(found.prefix(3) == [0, 1, 2])
    spool.read(5, count: 2, into: &found)
    #expect(found.prefix(6) == [15, 16, 17, 18, 19, 20])
    try spool.check()
  }

  @Test("what is not there is an error")
  func beyond() throws {
    let spool = try RecordSpool(recordLength: 4)
    var found = [Float](repeating: 0, count: 4)
    spool.read(7, count: 1, into: &found)
    #expect(throws: SoundFileError.self) { try spool.check() }
  }
}
