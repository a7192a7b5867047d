// SPDX-License-Identifier: Apache-2.0

/// The report's months as lines for a terminal: numbers to the right, the reason wrapped within the width that is left.
package struct DemoTable: Sendable {
    private struct Column {
        var title: String
        var isNumber: Bool
        var text: @Sendable (DemoReport.Month) -> String
    }

    private static let columns = [
        Column(title: "MONTH", isNumber: false) { ReportText.month($0.month) },
        Column(title: "ROWS", isNumber: true) { ReportText.count($0.rows) },
        Column(title: "LATE", isNumber: true) { ReportText.percent($0.lateRate) },
        Column(title: "AUC", isNumber: true) { ReportText.decimal($0.championAUC) },
        Column(title: "NEW", isNumber: true) { ReportText.decimal($0.challengerAUC) },
        Column(title: "LOSS", isNumber: true) { ReportText.decimal($0.championLogLoss) },
        Column(title: "NEW", isNumber: true) { ReportText.decimal($0.challengerLogLoss) },
        Column(title: "DRIFT", isNumber: false) { ReportText.drift($0.drift) },
        Column(title: "DECISION", isNumber: false) { ReportText.decision($0.decision) },
    ]
    private static let driftColumn = 7
    private static let gap = "  "
    /// Narrower than this, drift and reason go on lines of their own below the month.
    private static let narrowestReason = 24

    /// Without line ends; none is wider than `width` columns, as far as the numbers allow it.
    package let lines: [String]

    package init(report: DemoReport, terminal: Terminal) {
        self.init(report.months, width: terminal.width)
    }

    package init(_ months: [DemoReport.Month], width: Int) {
        let cells = months.map { month in Self.columns.map { Self.plain($0.text(month)) } }
        let widths = Self.columns.indices.map { index in
            ([Self.columns[index].title] + cells.map { $0[index] }).map(\.count).max() ?? 0
        }
        let left = widths.reduce(0) { $0 + $1 + Self.gap.count }
        let isBeside = width - left >= Self.narrowestReason
        let shown = Self.columns.indices.filter { isBeside || $0 != Self.driftColumn }
        let indent = isBeside ? left : 6
        var lines = [Self.line(Self.columns.map(\.title), widths, shown) + (isBeside ? Self.gap + "WHY" : "")]
        for (month, cells) in zip(months, cells) {
            let line = Self.line(cells, widths, shown)
            let text = isBeside || month.drift == nil ? month.reason : "\(month.reason) (drift: \(cells[Self.driftColumn]))"
            var texts = Self.wrapped(Self.plain(text), width: max(width - indent, Self.narrowestReason))[...]
            lines.append(isBeside ? line + Self.gap + (texts.popFirst() ?? "") : line)
            lines += texts.map { String(repeating: " ", count: indent) + $0 }
        }
        self.lines = lines.map(Self.withoutTrailingSpace)
    }

    package var text: String { lines.joined(separator: "\n") }

    private static func line(_ cells: [String], _ widths: [Int], _ shown: [Int]) -> String {
        shown.map { index in
            let space = String(repeating: " ", count: widths[index] - cells[index].count)
            return columns[index].isNumber ? space + cells[index] : cells[index] + space
        }.joined(separator: gap)
    }

    /// Broken between words; a word longer than a line is broken where the line ends.
    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var rest = word
            if !line.isEmpty, line.count + 1 + rest.count <= width {
                line += " " + rest
                continue
            }
            if !line.isEmpty { lines.append(line) }
            while rest.count > width {
                lines.append(String(rest.prefix(width)))
                rest = rest.dropFirst(width)
            }
            line = String(rest)
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Texts of models and people may hold control characters; a terminal would obey them.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? " " : $0 }))
    }

    private static func withoutTrailingSpace(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
