// SPDX-License-Identifier: Apache-2.0

import Statistics

/// How fast the version answers, from measured requests.
package struct LatencyRule: GateRule {
    /// Which of the times counts: 0.99 is the time that 99 of 100 requests stay below.
    package var quantile: Double
    package var atMostMilliseconds: Double
    /// One-sided confidence that the quantile is below the limit, from the order of the times alone.
    package var confidence: Double
    package var minimumRequests: Int

    package init(quantile: Double = 0.99, atMostMilliseconds: Double, confidence: Double = 0.95, minimumRequests: Int = 100) {
        self.quantile = quantile
        self.atMostMilliseconds = atMostMilliseconds
        self.confidence = confidence
        self.minimumRequests = minimumRequests
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            quantile: try container.decodeIfPresent(Double.self, forKey: .quantile) ?? 0.99,
            atMostMilliseconds: try container.decode(Double.self, forKey: .atMostMilliseconds),
            confidence: try container.decodeIfPresent(Double.self, forKey: .confidence) ?? 0.95,
            minimumRequests: try container.decodeIfPresent(Int.self, forKey: .minimumRequests) ?? 100)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case quantile, atMostMilliseconds, confidence, minimumRequests }

    package var fault: String? {
        if !(quantile > 0 && quantile < 1) { return "The quantile lies between 0 and 1." }
        if !(atMostMilliseconds > 0 && atMostMilliseconds.isFinite) { return "The limit must be above 0 and finite." }
        if !(0.5..<1).contains(confidence) { return "The confidence must be at least 0.5 and below 1." }
        return minimumRequests < 1 ? "At least one request is needed." : nil
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        guard let times = evidence.latencies else { return .init(.failed, "The file of measured times is missing.") }
        guard times.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
            return .init(.failed, "Some of the measured times are no numbers or negative.")
        }
        guard times.count >= minimumRequests, let quantiles = Quantiles(of: times) else {
            return .init(.inconclusive, "There are \(times.count) requests; the check needs \(minimumRequests).")
        }
        let estimate = quantiles[quantile]
        let bound = OrderStatistics.upperBound(of: quantile, in: times, confidence: confidence)
        let numbers = [
            "milliseconds": String(estimate), "upper": bound.map { String($0) } ?? "unknown", "limit": String(atMostMilliseconds),
            "requests": String(times.count),
        ]
        let words = "Of \(times.count) requests the \(quantile) quantile is \(estimate) ms; at most \(atMostMilliseconds) ms are allowed"
        if estimate > atMostMilliseconds { return .init(.failed, words + ".", numbers) }
        guard let bound, bound <= atMostMilliseconds else {
            return .init(.inconclusive, words + ", which too few requests show.", numbers)
        }
        return .init(.passed, words + ".", numbers)
    }
}

/// How large the version's files are together, as the registry holds them.
package struct SizeRule: GateRule {
    package var atMostBytes: Int64

    package init(atMostBytes: Int64) {
        self.atMostBytes = atMostBytes
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        atMostBytes = try container.decode(Int64.self, forKey: .atMostBytes)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case atMostBytes }

    package var fault: String? { atMostBytes > 0 ? nil : "The limit must be above 0." }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        guard let bytes = evidence.artifactBytes else { return .init(.inconclusive, "The registry holds no files of the version.") }
        return .init(
            bytes <= atMostBytes ? .passed : .failed, "The version's files have \(bytes) bytes; at most \(atMostBytes) are allowed.",
            ["bytes": String(bytes), "limit": String(atMostBytes)])
    }
}
