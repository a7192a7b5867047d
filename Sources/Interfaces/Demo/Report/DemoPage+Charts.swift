// SPDX-License-Identifier: Apache-2.0

extension DemoPage {
    var charts: String {
        let months = report.months
        let marks = months.enumerated().compactMap { index, month in
            Self.sign(month.decision).map {
                (index: index, sign: $0, text: ReportText.decision(month.decision), style: month.decision.rawValue)
            }
        }
        let auc = LineChart(
            identifier: "auc", title: "Area under the ROC curve", months: months.map(\.month),
            series: [
                .init(name: "Champion", style: "champion", values: months.map(\.championAUC)),
                .init(name: "Challenger", style: "challenger", values: months.map(\.challengerAUC)),
            ], marks: marks)
        let loss = LineChart(
            identifier: "loss", title: "Log loss", months: months.map(\.month),
            series: [
                .init(name: "Champion", style: "champion", values: months.map(\.championLogLoss)),
                .init(name: "Challenger", style: "challenger", values: months.map(\.challengerLogLoss)),
            ], marks: marks)
        let late = LineChart(
            identifier: "late", title: "Share of late flights", months: months.map(\.month),
            series: [.init(name: "Late", style: "plain", values: months.map(\.lateRate))], startsAtZero: true, isPercent: true)
        let scores = LineChart(
            identifier: "scores", title: "Drift of the scores", months: months.map(\.month),
            series: [.init(name: "Score PSI", style: "plain", values: months.map { $0.drift?.scorePSI })],
            reference: (0.2, "0.2, by custom a marked change"), startsAtZero: true)
        let decisions = DemoReport.Decision.allCases.compactMap { decision in
            Self.sign(decision).map { "<span class=\"key \(decision.rawValue)\">\($0) \(ReportText.decision(decision))</span>" }
        }
        let legend =
            "<p class=\"legend\"><span class=\"key champion\">● champion</span> <span class=\"key challenger\">◆ challenger</span> "
            + "\(decisions.joined(separator: " "))</p>"
        return "<section class=\"charts\" aria-label=\"Charts\">"
            + figure(auc, "Ranking: area under the ROC curve, higher is better", legend)
            + figure(loss, "Calibration: log loss in nats, lower is better", legend)
            + figure(late, "The world: share of late flights", "")
            + figure(scores, "Drift of the scores: population stability index", "") + "</section>"
    }

    /// Above a month's line in a chart; nil for a month without a line.
    private static func sign(_ decision: DemoReport.Decision) -> String? {
        switch decision {
        case .keep: nil
        case .promoted: "✓"
        case .refused: "✕"
        case .blocked: "■"
        }
    }

    private func figure(_ chart: LineChart, _ caption: String, _ legend: String) -> String {
        "<figure><figcaption>\(caption)</figcaption>\(legend)\(chart.svg)</figure>"
    }
}
