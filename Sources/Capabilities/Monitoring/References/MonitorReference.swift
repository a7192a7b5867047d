// SPDX-License-Identifier: Apache-2.0

import Domain

/// What windows are compared with beside the frozen baseline.
package struct MonitorReference: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The windows before. Finds jumps; slow drift moves it along, so it cannot see that.
        case rolling
        /// The same window a season before.
        case seasonal
    }

    package enum Season: String, Codable, CaseIterable, Sendable {
        case day, week
        /// 52 weeks, so that days of the week are compared with the same.
        case year

        var length: Duration {
            switch self {
            case .day: .seconds(86_400)
            case .week: .seconds(7 * 86_400)
            case .year: .seconds(364 * 86_400)
            }
        }
    }

    package static let mostWindows = 30
    package static let usualWindows = 7

    package var type: Kind
    /// Of `rolling`: how many windows.
    package var windows: Int?
    /// Of `seasonal`; a week when left out.
    package var season: Season?

    package init(_ type: Kind, windows: Int? = nil, season: Season? = nil) {
        self.type = type
        self.windows = windows
        self.season = season
    }

    var rule: String { type == .rolling ? MonitorRule.rollingDrift : MonitorRule.seasonalDrift }

    /// The span it looks at for a window; nil where the window is longer than the season, so that they would overlap.
    func span(for window: Window) -> Window? {
        let length = window.end - window.start
        switch type {
        case .rolling: return Window(start: window.start - length * (windows ?? Self.usualWindows), end: window.start)
        case .seasonal:
            let season = (season ?? .week).length
            return length <= season ? Window(start: window.start - season, end: window.end - season) : nil
        }
    }

    /// What is out of range; nil when nothing is.
    static func fault(_ references: [MonitorReference]) -> String? {
        guard Set(references.map(\.type)).count == references.count else { return "It names two references of one type." }
        for reference in references {
            if let windows = reference.windows, !(1...mostWindows).contains(windows) {
                return "A reference has 1 to \(mostWindows) 'windows'."
            }
            guard reference.windows == nil || reference.type == .rolling, reference.season == nil || reference.type == .seasonal else {
                return "'windows' is of a rolling reference, 'season' of a seasonal one."
            }
        }
        return nil
    }
}
