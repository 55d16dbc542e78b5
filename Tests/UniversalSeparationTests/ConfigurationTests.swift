// SPDX-License-Identifier: Apache-2.0
import Testing
import UniversalSeparation

@Suite("ResUNet30's hyper-parameters")
struct ConfigurationTests {
  @Test("A training segment has the 64000 samples of the reference")
  func segments() { #expect(ResUNet30Configuration.classes.segmentSamples == 64000) }
}
