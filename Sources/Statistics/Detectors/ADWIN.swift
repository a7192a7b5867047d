// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Adaptive windowing: finds a change of mean, up or down, and tells how much of the recent past is alike.
///
/// Bifet and Gavaldà, "Learning from Time-Changing Data with Adaptive Windowing", SIAM International Conference on Data Mining (2007), with
/// its second bound. The window is an exponential histogram (Datar, Gionis, Indyk and Motwani 2002) with variances (Babcock, Datar,
/// Motwani and O'Callaghan 2003): O(log n) memory, O(log n) time at each check and O(1) amortised between. `delta` is the chance of a
/// false alarm at one check, not over a stream.
package struct ADWIN: ChangeDetector, Equatable {
    package let delta: Double
    /// Values between checks.
    package let clock: Int
    package let bucketsPerSize: Int
    package let smallestPart: Int
    package let gracePeriod: Int

    /// Buckets of 2^row values, the oldest of a row first.
    private var rows: [[Bucket]] = [[]]
    private var total = 0.0
    private var squaredDeviations = 0.0
    private var count = 0.0
    private var ticks = 0
    private var hasChanged = false

    private struct Bucket: Codable, Equatable {
        var total: Double
        var squaredDeviations: Double
    }

    package init(delta: Double = 0.002, clock: Int = 32, bucketsPerSize: Int = 5, smallestPart: Int = 5, gracePeriod: Int = 10) {
        precondition(delta > 0 && delta < 1, "A chance of false alarm lies between 0 and 1.")
        precondition(clock > 0 && bucketsPerSize > 0 && smallestPart > 0 && gracePeriod >= 0, "Windows have a positive size.")
        self.delta = delta
        self.clock = clock
        self.bucketsPerSize = bucketsPerSize
        self.smallestPart = smallestPart
        self.gracePeriod = gracePeriod
    }

    /// Values in the window: those believed to be alike.
    package var width: Int { Int(count) }
    /// Their mean; 0 while there is none.
    package var estimate: Double { count > 0 ? total / count : 0 }
    /// Their variance, dividing by n; 0 while there is none.
    package var variance: Double { count > 0 ? squaredDeviations / count : 0 }

    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if hasChanged { self = ADWIN(restarting: self) }
        insert(value)
        ticks += 1
        if ticks % clock == 0, width > gracePeriod {
            while dropOldestIfChanged() { hasChanged = true }
        }
        return hasChanged ? .change : .stable
    }

    private init(restarting other: ADWIN) {
        self.init(
            delta: other.delta, clock: other.clock, bucketsPerSize: other.bucketsPerSize, smallestPart: other.smallestPart,
            gracePeriod: other.gracePeriod)
    }

    private mutating func insert(_ value: Double) {
        rows[0].append(Bucket(total: value, squaredDeviations: 0))
        count += 1
        if count > 1 {
            let deviation = value - total / (count - 1)
            squaredDeviations += (count - 1) * deviation * deviation / count
        }
        total += value
        compress()
    }

    /// Where a row has one bucket too many, its two oldest become one of the next row.
    private mutating func compress() {
        var row = 0
        while row < rows.count, rows[row].count > bucketsPerSize {
            if row + 1 == rows.count { rows.append([]) }
            let size = Self.size(ofRow: row)
            let (older, newer) = (rows[row][0], rows[row][1])
            let difference = older.total / size - newer.total / size
            let between = size * size * difference * difference / (size + size)
            rows[row + 1].append(
                Bucket(
                    total: older.total + newer.total,
                    squaredDeviations: older.squaredDeviations + newer.squaredDeviations + between))
            rows[row].removeFirst(2)
            row += 1
        }
    }

    /// Tries every cut between buckets, from the oldest on; at the first that separates different means the oldest bucket goes.
    private mutating func dropOldestIfChanged() -> Bool {
        var (olderCount, olderTotal) = (0.0, 0.0)
        var (newerCount, newerTotal) = (count, total)
        for row in rows.indices.reversed() {
            let size = Self.size(ofRow: row)
            for (place, bucket) in rows[row].enumerated() {
                olderCount += size
                newerCount -= size
                olderTotal += bucket.total
                newerTotal -= bucket.total
                if row == 0, place == rows[0].count - 1 { return false }
                let isLongEnough = newerCount >= Double(smallestPart) && olderCount >= Double(smallestPart)
                if isLongEnough, differ(olderCount, newerCount, by: olderTotal / olderCount - newerTotal / newerCount) {
                    dropOldest()
                    return true
                }
            }
        }
        return false
    }

    private func differ(_ older: Double, _ newer: Double, by difference: Double) -> Bool {
        let confidence = log(2 * log(count) / delta)
        let smallest = Double(smallestPart)
        let reciprocal = 1 / (older - smallest + 1) + 1 / (newer - smallest + 1)
        let limit = (2 * reciprocal * (squaredDeviations / count) * confidence).squareRoot() + 2.0 / 3 * confidence * reciprocal
        return abs(difference) > limit
    }

    private mutating func dropOldest() {
        let row = rows.count - 1
        let size = Self.size(ofRow: row)
        let bucket = rows[row].removeFirst()
        count -= size
        total -= bucket.total
        let difference = bucket.total / size - total / count
        squaredDeviations -= bucket.squaredDeviations + size * count * difference * difference / (size + count)
        if rows[row].isEmpty, row > 0 { rows.removeLast() }
    }

    private static func size(ofRow row: Int) -> Double { Double(1 << row) }
}
