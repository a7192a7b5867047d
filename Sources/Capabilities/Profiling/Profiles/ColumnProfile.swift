// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// What is kept of one column: nulls, and the numbers, texts and times among its values, each by itself, so that nothing has to be known of
/// the column beforehand and a column that mixes them can still be compared.
package struct ColumnProfile: Mergeable {
    package let name: String
    /// Empty fields.
    package private(set) var nulls = 0
    /// NaN, which counts as null.
    package private(set) var notNumbers = 0
    package private(set) var numbers = ValueHistogram()
    package private(set) var texts = CategoryTable()
    package private(set) var times = TimeSpan()

    package init(name: String) {
        self.name = name
    }

    /// What most of a column's values are.
    package enum Kind: String, Codable, Sendable {
        case empty, number, text, time, mixed
    }

    package var missing: Int { nulls + notNumbers }
    package var numberCount: Int { numbers.count + numbers.infinities }
    package var valueCount: Int { numberCount + texts.count + times.count }
    package var rowCount: Int { valueCount + missing }

    package var kind: Kind {
        switch (numberCount > 0, texts.count > 0, times.count > 0) {
        case (false, false, false): .empty
        case (true, false, false): .number
        case (false, true, false): .text
        case (false, false, true): .time
        default: .mixed
        }
    }

    package mutating func addNull(count: Int = 1) { nulls += count }

    /// - Parameter count: How often it is there, at least once; so below.
    package mutating func add(_ value: Double, count: Int = 1) {
        if value.isNaN { notNumbers += count } else { numbers.add(value, count: count) }
    }

    /// - Parameter text: UTF-8.
    package mutating func add(_ text: UnsafeRawBufferPointer, count: Int = 1) { texts.add(text, count: count) }

    package mutating func add(_ text: String) { texts.add(text) }

    package mutating func add(time milliseconds: Double, count: Int = 1) { times.add(milliseconds, count: count) }

    /// False, with nothing changed, when the names differ.
    package mutating func merge(_ other: ColumnProfile) -> Bool {
        guard name == other.name, numbers.merge(other.numbers), texts.merge(other.texts) else { return false }
        nulls += other.nulls
        notNumbers += other.notNumbers
        times.merge(other.times)
        return true
    }
}

/// How many moments there were, and from when to when; milliseconds since 1970, UTC.
package struct TimeSpan: Codable, Equatable, Sendable {
    package private(set) var count = 0
    package private(set) var earliest: Double?
    package private(set) var latest: Double?

    package init() {}

    package mutating func add(_ milliseconds: Double, count added: Int) {
        count += added
        earliest = min(earliest ?? milliseconds, milliseconds)
        latest = max(latest ?? milliseconds, milliseconds)
    }

    package mutating func merge(_ other: TimeSpan) {
        count += other.count
        earliest = [earliest, other.earliest].compactMap(\.self).min()
        latest = [latest, other.latest].compactMap(\.self).max()
    }
}
