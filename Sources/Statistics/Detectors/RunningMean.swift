// SPDX-License-Identifier: Apache-2.0

/// A mean kept one value at a time (West, "Updating Mean and Variance Estimates", Communications of the ACM 22, 1979).
struct RunningMean: Codable, Equatable {
    private(set) var count = 0.0
    private(set) var value = 0.0

    mutating func add(_ value: Double) {
        count += 1
        self.value += 1 / count * (value - self.value)
    }
}
