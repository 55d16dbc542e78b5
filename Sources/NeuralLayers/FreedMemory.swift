// SPDX-License-Identifier: Apache-2.0
internal import CKernels

/// Memory that nobody uses.
package enum FreedMemory {
  /// Hands it back to the system: packing a large network's weights leaves a third of their size of it
  /// behind.
  package static func giveBack() { tessera_return_freed_memory() }
}
