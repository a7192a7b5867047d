// SPDX-License-Identifier: Apache-2.0

import Backends
import Governance
import Tracking

/// What the drivers of one worker share.
struct DriverParts: Sendable {
    let governor: Governor
    let snapshots: SnapshotCatalogue
    let models: any ModelDirectory
    let runner: any StepRunner
    let transfer: FileTransfer
    let folders: StepFolders
    let handlers: [StepSpecification.Kind: any StepHandler]
    let settings: WorkerSettings
    let slots: StepSlots
    let gpus: GPUSlots
    let runtimes: StepRuntimes
    let clock: any Clock<Duration>
    /// Between 0 and 1, for pauses.
    let draw: @Sendable () -> Double
    /// For what goes wrong and is tried again.
    let report: @Sendable (_ execution: String, any Error) -> Void
}
