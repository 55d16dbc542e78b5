// SPDX-License-Identifier: Apache-2.0
import SoundFiles
import Testing

@Suite struct AdaptorTests {
  @Test("one channel is repeated, many are averaged or cut to the first ones")
  func channels() throws {
    func map(_ samples: [Float], _ old: Int, _ new: Int) throws -> [Float] {
      let source = ChannelMappedSource(MemorySource(samples, channels: old), to: new)
      #expect(source.format == AudioFormat(sampleRate: 44_100, channels: new))
      #expect(source.frameCount == samples.count / old)
      return try source.readAll().samples
    }
    #expect(try map([1, 2], 1, 3) == [1, 1, 1, 2, 2, 2])
    #expect(try map([1, 2, 3, 4], 2, 1) == [1.5, 3.5])
    #expect(try map([1, 2, 3, 4, 5, 6], 3, 2) == [1, 2, 4, 5])
    #expect(try map([1, 2, 3, 4], 2, 3) == [1, 2, 0, 3, 4, 0])
    #expect(try map([1, 2, 3, 4], 2, 2) == [1, 2, 3, 4])
  }

  @Test("a part of a source begins and ends where it should, in files and in streams")
  func trimming() throws {
    let folder = try ScratchFolder()
    let samples = noise(3000)
    try write(samples, folder.path("a.wav"))
    for (start, duration) in [(0, nil), (0, 10), (1234, 100), (2990, 100), (3000, 5), (9000, nil)]
      as [(Int, Int?)]
    {
      let expected = Array(samples.dropFirst(start).prefix(duration ?? .max))
      let sources: [any AudioSource] = [
        try SoundFileReader(path: folder.path("a.wav")), MemorySource(samples),
      ]
      for source in sources {
        let part = TrimmedSource(source, startFrame: start, duration: duration)
        #expect(part.frameCount == expected.count)
        #expect(try part.readAll().samples == expected)
        #expect(try part.read(frames: 1) == nil)
      }
    }
  }
}
