// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The plans of one precision by length, kept for the life of the process.
///
/// FFTW's planner is not thread-safe, so all planning of a precision happens under this one lock
/// (each precision is a library of its own). Plans are estimated, not measured: measured plans may
/// differ from run to run, and with them the last bits of every result.
final class PlanCache<Scalar: FourierScalar>: Sendable {
  private let plans = Mutex<[Int: FourierPlan<Scalar>]>([:])

  func plan(_ length: Int, make: () -> FourierPlan<Scalar>) -> FourierPlan<Scalar> {
    plans.withLock { plans in
      if let plan = plans[length] { return plan }
      let plan = make()
      plans[length] = plan
      return plan
    }
  }
}
