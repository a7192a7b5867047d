// SPDX-License-Identifier: Apache-2.0

import Domain
import Serving

/// Counts in the words of the protocol's extension: numbers since the process began, times in nanoseconds.
struct StatisticsAnswer: Encodable {
    struct Span: Encodable {
        var count: UInt64
        var ns: UInt64
    }

    struct Spans: Encodable {
        var success: Span
        var fail: Span
        /// Nothing waits in a queue of its own.
        var queue: Span
        var computeInput: Span
        var computeInfer: Span
        /// Not measured: the answer is written after it is counted.
        var computeOutput: Span
        var cacheHit = Span(count: 0, ns: 0)
        var cacheMiss = Span(count: 0, ns: 0)

        private enum CodingKeys: String, CodingKey {
            case success, fail, queue
            case computeInput = "compute_input"
            case computeInfer = "compute_infer"
            case computeOutput = "compute_output"
            case cacheHit = "cache_hit"
            case cacheMiss = "cache_miss"
        }
    }

    struct Model: Encodable {
        var name: String
        var version: String
        /// Milliseconds since 1970 UTC; 0 when it has not answered.
        var lastInference: Int64
        /// Rows.
        var inferenceCount: UInt64
        var executionCount: UInt64
        var inferenceStats: Spans
        var batchStats: [String] = []
        var memoryUsage: [String] = []

        init(_ endpoint: String, _ version: Int, _ counts: InferenceStatistics.Counts) {
            name = endpoint
            self.version = String(version)
            lastInference = counts.last?.milliseconds ?? 0
            inferenceCount = counts.rows
            executionCount = counts.answers
            inferenceStats = Spans(
                success: Span(count: counts.answers, ns: counts.answerNanoseconds),
                fail: Span(count: counts.failures, ns: counts.failureNanoseconds), queue: Span(count: counts.answers, ns: 0),
                computeInput: Span(count: counts.answers, ns: counts.readingNanoseconds),
                computeInfer: Span(count: counts.answers, ns: counts.computingNanoseconds),
                computeOutput: Span(count: counts.answers, ns: 0))
        }

        private enum CodingKeys: String, CodingKey {
            case name, version
            case lastInference = "last_inference"
            case inferenceCount = "inference_count"
            case executionCount = "execution_count"
            case inferenceStats = "inference_stats"
            case batchStats = "batch_stats"
            case memoryUsage = "memory_usage"
        }
    }

    var models: [Model]

    init(_ models: [Model]) {
        self.models = models
    }

    private enum CodingKeys: String, CodingKey {
        case models = "model_stats"
    }
}
