// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The interval of an improvement beside 0 and the minimum effect, drawn.
struct IntervalFigure {
    private static let (width, height, margin) = (640.0, 76.0, 24.0)

    private let estimate: Double
    private let lower: Double
    private let upper: Double
    private let minimum: Double

    /// - Returns: Nil for evidence without an interval.
    init?(evidence: [String: String]) {
        func value(_ name: String) -> Double? { evidence[name].flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil } }
        guard let estimate = value("improvement"), let lower = value("lower"), let upper = value("upper") else { return nil }
        (self.estimate, self.lower, self.upper, minimum) = (estimate, lower, upper, value("minimumEffect") ?? 0)
    }

    var svg: String {
        let words = { (value: Double) in GateReportText.number(String(value)) }
        let label = "Improvement \(words(estimate)), interval \(words(lower)) to \(words(upper))"
        let effect =
            minimum > 0
            ? """
            <line class="effect" x1="\(x(minimum))" x2="\(x(minimum))" y1="14" y2="52"/>
            <text x="\(x(minimum))" y="10" text-anchor="middle">minimum \(words(minimum))</text>
            """ : ""
        return """
            <svg class="interval" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(label)">
            <line class="axis" x1="\(Self.margin)" x2="\(Self.width - Self.margin)" y1="52" y2="52"/>
            <line class="zero" x1="\(x(0))" x2="\(x(0))" y1="14" y2="52"/>
            <text x="\(x(0))" y="68" text-anchor="middle">0 (as good)</text>
            \(effect)
            <line class="range" x1="\(x(lower))" x2="\(x(upper))" y1="33" y2="33"/>
            <line class="range" x1="\(x(lower))" x2="\(x(lower))" y1="27" y2="39"/>
            <line class="range" x1="\(x(upper))" x2="\(x(upper))" y1="27" y2="39"/>
            <circle class="estimate" cx="\(x(estimate))" cy="33" r="5"/>
            </svg>
            """
    }

    private func x(_ value: Double) -> String {
        let least = min(lower, 0, minimum)
        let span = max(upper, 0, minimum) - least
        let share = span > 0 ? (value - least) / span : 0.5
        return String(format: "%.1f", Self.margin * 2 + share * (Self.width - 4 * Self.margin))
    }
}
