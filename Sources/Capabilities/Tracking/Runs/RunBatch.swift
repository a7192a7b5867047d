// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a run logs in one transaction: all of it is stored, or nothing.
package struct RunBatch: Sendable {
    package static let maximumMetrics = 1000
    package static let maximumParams = 100
    package static let maximumTags = 100
    package static let maximumItems = 1000

    package var params: [Tag]
    package var metrics: [Metric]
    package var tags: [Tag]
    /// A new name for the run.
    package var name: String?

    package init(params: [Tag] = [], metrics: [Metric] = [], tags: [Tag] = [], name: String? = nil) {
        self.params = params
        self.metrics = metrics
        self.tags = tags
        self.name = name
    }

    /// The batch with overlong values cut, as training programs rely on, and a tag that says which.
    ///
    /// - Throws: `Problem` `.invalid` for too many items, malformed keys and times before 1970.
    func checked() throws(Problem) -> RunBatch {
        try Self.check(metrics.count, "metrics", Self.maximumMetrics)
        try Self.check(params.count, "params", Self.maximumParams)
        try Self.check(tags.count, "tags", Self.maximumTags)
        try Self.check(metrics.count + params.count + tags.count, "metrics, params, and tags", Self.maximumItems)
        var last = ""
        for metric in metrics where metric.key != last {
            try TrackingKey.check(metric.key, of: "metric")
            last = metric.key
        }
        guard metrics.allSatisfy({ $0.time.milliseconds >= 0 }) else {
            throw Problem(
                .invalid, "tracking.metric.time", "Timestamp must be a nonnegative long (64-bit integer).",
                why: "It counts the milliseconds since 1970.")
        }
        var batch = self
        var cut: [String] = []
        for index in params.indices {
            try TrackingKey.check(params[index].key, of: "parameter")
            batch.params[index].value = TrackingKey.shortened(params[index].value, to: TrackingKey.maximumParamLength)
            if batch.params[index].value != params[index].value { cut.append("param '\(params[index].key)'") }
        }
        for index in tags.indices {
            try TrackingKey.check(tags[index].key, of: "tag")
            batch.tags[index].value = TrackingKey.shortened(tags[index].value, to: TrackingKey.maximumTagLength)
            if batch.tags[index].value != tags[index].value { cut.append("tag '\(tags[index].key)'") }
        }
        if !cut.isEmpty {
            let text = TrackingKey.shortened(cut.joined(separator: ", "), to: TrackingKey.maximumTagLength)
            batch.tags.append(Tag(TrackingKey.truncationTag, text))
        }
        return batch
    }

    private static func check(_ count: Int, _ noun: String, _ limit: Int) throws(Problem) {
        guard count <= limit else {
            throw Problem(
                .invalid, "tracking.batch.too-large", "A batch logging request can contain at most \(limit) \(noun). Got \(count) \(noun).",
                fix: "Log the rest in further batches.")
        }
    }
}
