// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Which attempt holds which graphics card; a card belongs to one attempt at a time.
///
/// It keeps nothing itself: after a restart, `adopt` it what `ProcessStepRunner.heldGPUs` finds before the first `assign`.
package final class GPUSlots: Sendable {
    package let devices: [GPUDevice]
    private let holdings = Mutex<[String: [Int]]>([:])

    package init(devices: [GPUDevice]) {
        self.devices = devices.sorted { $0.index < $1.index }
    }

    /// Free cards for the attempt, lowest indices first, all or none; the same again for an attempt that holds some already.
    ///
    /// - Parameter kind: How the name of each card must begin; nil for any.
    /// - Returns: Nil when too few are free now. `canEverAssign` tells whether waiting can help.
    package func assign(_ count: Int, of kind: String? = nil, to attemptID: String) -> [Int]? {
        holdings.withLock { holdings in
            if let held = holdings[attemptID] { return held }
            let taken = Set(holdings.values.joined())
            let free = suitable(kind).filter { !taken.contains($0) }
            guard count >= 0, free.count >= count else { return nil }
            if count > 0 { holdings[attemptID] = Array(free.prefix(count)) }
            return Array(free.prefix(count))
        }
    }

    package func canEverAssign(_ count: Int, of kind: String? = nil) -> Bool {
        suitable(kind).count >= count
    }

    /// Takes note of what an attempt holds since before a restart, also of cards that are no longer listed.
    package func adopt(_ attemptID: String, holding gpus: [Int]) {
        holdings.withLock { $0[attemptID] = gpus.isEmpty ? nil : gpus }
    }

    /// Gives the attempt's cards back; one that holds none is no error.
    package func release(_ attemptID: String) {
        holdings.withLock { $0[attemptID] = nil }
    }

    package var freeCount: Int {
        holdings.withLock { holdings in devices.count { device in !holdings.values.contains { $0.contains(device.index) } } }
    }

    private func suitable(_ kind: String?) -> [Int] {
        devices.filter { device in kind.map { device.kind?.hasPrefix($0) ?? false } ?? true }.map(\.index)
    }
}
