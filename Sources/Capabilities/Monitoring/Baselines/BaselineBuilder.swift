// SPDX-License-Identifier: Apache-2.0

/// Makes a baseline in two passes over the same rows: the first samples them, the second counts all of them over bins from the sample.
struct BaselineBuilder {
    private let specification: MonitorSpecification
    private(set) var sampled: WindowSummary
    private var counted: WindowSummary?
    private var sampler: RowSampler?

    init(_ specification: MonitorSpecification) {
        self.specification = specification
        sampled = WindowSummary(features: specification.features)
        sampled.discover(specification.segments ?? [])
        sampler = RowSampler(specification)
    }

    mutating func sample(_ row: MonitoredRow) {
        sampled.add(row)
        sampler?.add(row)
    }

    mutating func beginCounting() {
        var second = sampled.overOwnBins()
        second.follow(specification.segments ?? [], sampled.segments?.largest)
        counted = second
    }

    mutating func count(_ row: MonitoredRow) { counted?.add(row) }

    /// Once all rows were counted.
    var profile: BaselineProfile {
        var profile = BaselineProfile(counted ?? sampled, samples: sampled)
        profile.segments = counted?.segments?.parts.mapValues { $0.baseline(fewestDays: specification.thresholds.minimumDays) }
        profile.rows = sampler?.rows
        return profile
    }
}

extension BaselineProfile {
    /// The baseline of rows that are in memory.
    static func build(for specification: MonitorSpecification, from rows: some Sequence<MonitoredRow>) -> BaselineProfile {
        var builder = BaselineBuilder(specification)
        for row in rows { builder.sample(row) }
        builder.beginCounting()
        for row in rows { builder.count(row) }
        return builder.profile
    }
}
