// SPDX-License-Identifier: Apache-2.0

/// Two histograms side by side, as SVG.
struct ChartDrawing {
    private static let (width, height, foot) = (460.0, 150.0, 26.0)

    let chart: ColumnChart

    init(_ chart: ColumnChart) {
        self.chart = chart
    }

    var svg: String {
        let highest = max((chart.baseline + chart.window).max() ?? 0, 1e-12)
        let room = Self.height - Self.foot - 12
        let step = Self.width / Double(max(chart.labels.count, 1))
        var drawing = ""
        for (index, label) in chart.labels.enumerated() {
            let left = Double(index) * step
            for (offset, share, side) in [(0.12, chart.baseline[index], "b"), (0.5, chart.window[index], "w")] {
                let size = share / highest * room
                drawing +=
                    "<rect class=\"\(side)\" x=\"\(fixed(left + offset * step))\" y=\"\(fixed(Self.height - Self.foot - size))\" "
                    + "width=\"\(fixed(step * 0.38))\" height=\"\(fixed(size))\"><title>\(escaped(label)): \(percent(share))</title></rect>"
            }
            guard isLabelled(index) else { continue }
            drawing +=
                "<text x=\"\(fixed(left + step / 2))\" y=\"\(fixed(Self.height - 10))\" text-anchor=\"middle\">\(escaped(short(label, step)))</text>"
        }
        return
            "<svg viewBox=\"0 0 \(fixed(Self.width)) \(fixed(Self.height))\" width=\"\(fixed(Self.width))\" height=\"\(fixed(Self.height))\" "
            + "role=\"img\" aria-label=\"Shares of both sides\"><path class=\"axis\" d=\"M0 \(fixed(Self.height - Self.foot))H\(fixed(Self.width))\"/>"
            + "<text x=\"2\" y=\"9\">\(percent(highest))</text>\(drawing)</svg>"
    }

    /// As many labels as fit.
    private func isLabelled(_ index: Int) -> Bool {
        let every = max(1, (chart.labels.count + 7) / 8)
        return index % every == every / 2
    }

    private func short(_ label: String, _ step: Double) -> String {
        let room = chart.labels.count <= 12 ? max(5, Int(step / 5)) : 14
        return label.count > room ? label.prefix(room - 1) + "…" : label
    }

    private func fixed(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}
