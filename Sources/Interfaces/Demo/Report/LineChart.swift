// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Values over the months as an inline SVG image with its own title and description; colours come from the page's style.
struct LineChart {
    struct Series {
        var name: String
        /// The CSS class that colours it: `champion`, `challenger` or `plain`.
        var style: String
        /// One for each month; nil leaves a gap.
        var values: [Double?]
    }

    private static let size = (width: 560.0, height: 260.0)
    private static let margin = (left: 52.0, right: 16.0, top: 16.0, bottom: 34.0)

    var identifier: String
    var title: String
    var months: [Int]
    var series: [Series]
    /// Months marked with a line: their index, the sign above it, what it means, and its class.
    var marks: [(index: Int, sign: String, text: String, style: String)] = []
    /// A horizontal line with a meaning, such as a threshold.
    var reference: (value: Double, text: String)?
    var startsAtZero = false
    var isPercent = false

    var svg: String {
        let values = series.flatMap(\.values).compactMap(\.self).filter(\.isFinite)
        guard !values.isEmpty else { return "<p class=\"empty\">No values were measured.</p>" }
        let scale = Scale(values + (reference.map { [$0.value] } ?? []), startsAtZero: startsAtZero)
        var parts = [
            "<svg viewBox=\"0 0 \(Int(Self.size.width)) \(Int(Self.size.height))\" role=\"img\" "
                + "aria-labelledby=\"\(identifier)-title \(identifier)-text\">",
            "<title id=\"\(identifier)-title\">\(ReportText.escaped(title))</title>",
            "<desc id=\"\(identifier)-text\">\(ReportText.escaped(description))</desc>",
        ]
        for tick in scale.ticks {
            let y = self.y(tick, scale)
            parts.append(
                "<line class=\"grid\" x1=\"\(number(Self.margin.left))\" x2=\"\(number(Self.size.width - Self.margin.right))\" y1=\"\(number(y))\" y2=\"\(number(y))\"/>"
            )
            parts.append(
                "<text class=\"axis\" text-anchor=\"end\" x=\"\(number(Self.margin.left - 8))\" y=\"\(number(y + 4))\">\(label(tick, scale))</text>"
            )
        }
        for (index, month) in months.enumerated() {
            let y = Self.size.height - Self.margin.bottom + 20
            parts.append(
                "<text class=\"axis\" text-anchor=\"middle\" x=\"\(number(x(index)))\" y=\"\(number(y))\">\(ReportText.month(month))</text>"
            )
        }
        parts += marks.map(drawn)
        for series in series { parts.append(drawn(series, scale)) }
        if let reference {
            let y = self.y(reference.value, scale)
            parts.append(
                "<line class=\"reference\" x1=\"\(number(Self.margin.left))\" x2=\"\(number(Self.size.width - Self.margin.right))\" y1=\"\(number(y))\" y2=\"\(number(y))\"/>"
            )
            parts.append(
                "<text class=\"axis words\" text-anchor=\"end\" x=\"\(number(Self.size.width - Self.margin.right))\" y=\"\(number(y - 5))\">\(ReportText.escaped(reference.text))</text>"
            )
        }
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    /// All values as a sentence for each series, for readers who do not see the image.
    private var description: String {
        let sentences = series.map { series in
            let values = zip(months, series.values).map { month, value in "\(ReportText.month(month)) \(spoken(value))" }
            return "\(series.name): \(values.joined(separator: ", "))."
        }
        return
            (sentences + marks.compactMap { months.indices.contains($0.index) ? "\(ReportText.month(months[$0.index])): \($0.text)." : nil })
            .joined(separator: " ")
    }

    private func drawn(_ series: Series, _ scale: Scale) -> String {
        var path = ""
        var points: [String] = []
        var isDown = false
        for (index, value) in series.values.enumerated() {
            guard let value, value.isFinite else {
                isDown = false
                continue
            }
            let (x, y) = (number(x(index)), number(y(value, scale)))
            path += "\(isDown ? "L" : "M")\(x) \(y) "
            isDown = true
            let month = months.indices.contains(index) ? ReportText.month(months[index]) : ""
            let tip = "\(series.name), \(month): \(spoken(value))"
            let shape =
                series.style == "challenger"
                ? "<path d=\"M\(x) \(y)m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z\">" : "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"4\">"
            points.append("\(shape)<title>\(ReportText.escaped(tip))</title>\(series.style == "challenger" ? "</path>" : "</circle>")")
        }
        return "<g class=\"series \(series.style)\"><path class=\"stroke\" d=\"\(path)\"/>\(points.joined())</g>"
    }

    private func drawn(_ mark: (index: Int, sign: String, text: String, style: String)) -> String {
        let x = number(x(mark.index))
        let top = number(Self.margin.top)
        let bottom = number(Self.size.height - Self.margin.bottom)
        return "<g class=\"mark \(mark.style)\"><line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" y2=\"\(bottom)\"/>"
            + "<text text-anchor=\"middle\" x=\"\(x)\" y=\"\(number(Self.margin.top - 4))\">\(ReportText.escaped(mark.sign))<title>\(ReportText.escaped(mark.text))</title></text></g>"
    }

    private func x(_ index: Int) -> Double {
        let inner = Self.size.width - Self.margin.left - Self.margin.right
        return Self.margin.left + inner * (Double(index) + 0.5) / Double(max(months.count, 1))
    }

    private func y(_ value: Double, _ scale: Scale) -> Double {
        let inner = Self.size.height - Self.margin.top - Self.margin.bottom
        return Self.margin.top + inner * (scale.top - value) / (scale.top - scale.bottom)
    }

    private func label(_ tick: Double, _ scale: Scale) -> String {
        if isPercent { return String(format: "%.\(scale.step < 0.01 ? 1 : 0)f %%", tick * 100) }
        return String(format: "%.\(max(0, Int((-log10(scale.step)).rounded(.up))))f", tick)
    }

    private func spoken(_ value: Double?) -> String {
        guard let value else { return "none" }
        return isPercent ? ReportText.percent(value) : ReportText.decimal(value)
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }

    /// A range that holds all values and ends on round numbers: steps of 1, 2 or 5 times a power of ten.
    private struct Scale {
        var bottom: Double
        var top: Double
        var step: Double

        init(_ values: [Double], startsAtZero: Bool) {
            let low = min(values.min() ?? 0, startsAtZero ? 0 : .infinity)
            let high = values.max() ?? 1
            let span = high - low > 1e-9 ? high - low : max(abs(high), 1) * 0.1
            let power = pow(10, (log10(span / 4)).rounded(.down))
            step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= span / 4 } ?? span
            bottom = (low / step).rounded(.down) * step
            top = max((high / step).rounded(.up) * step, bottom + step)
        }

        var ticks: [Double] { stride(from: bottom, through: top + step / 2, by: step).map { abs($0) < step / 1e6 ? 0 : $0 } }
    }
}
