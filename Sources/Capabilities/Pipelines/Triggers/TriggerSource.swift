// SPDX-License-Identifier: Apache-2.0

/// What a trigger hears.
package enum TriggerSource: Sendable, Equatable {
    case schedule(ScheduleSource)
    case event(LedgerSource)
    case http(HTTPSource)
    case files(FileSource)

    package enum Kind: String, Codable, CaseIterable, Sendable { case schedule, event, http, files }

    package var kind: Kind {
        switch self {
        case .schedule: .schedule
        case .event: .event
        case .http: .http
        case .files: .files
        }
    }
}

/// Times that come again.
package struct ScheduleSource: Codable, Sendable, Equatable {
    /// What becomes of times at which no server looked, later than a minute after them.
    package enum Missed: String, Codable, CaseIterable, Sendable {
        /// None starts anything.
        case skip
        /// The last one does.
        case last
        /// Each does, the last `cap` of them.
        case all
    }

    package static let largestCap = 100

    package var cron: String
    package var timeZone: String
    package var missed: Missed
    package var cap: Int

    package init(cron: String, timeZone: String = "UTC", missed: Missed = .last, cap: Int = 10) {
        self.cron = cron
        self.timeZone = timeZone
        self.missed = missed
        self.cap = cap
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            cron: try container.decode(String.self, forKey: .cron),
            timeZone: try container.decodeIfPresent(String.self, forKey: .timeZone) ?? "UTC",
            missed: try container.decodeIfPresent(Missed.self, forKey: .missed) ?? .last,
            cap: try container.decodeIfPresent(Int.self, forKey: .cap) ?? 10)
    }
}

/// Ledger entries with this verb, about this resource or beneath it.
package struct LedgerSource: Codable, Sendable, Equatable {
    package var verb: String
    /// Every resource when nil.
    package var resource: String?

    package init(verb: String, resource: String? = nil) {
        self.verb = verb
        self.resource = resource
    }

    /// The verb alone may stand for all of it.
    package init(from decoder: any Decoder) throws {
        if let verb = try? decoder.singleValueContainer().decode(String.self) {
            self.init(verb: verb)
        } else {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                verb: try container.decode(String.self, forKey: .verb),
                resource: try container.decodeIfPresent(String.self, forKey: .resource))
        }
    }
}

/// CloudEvents that others send.
package struct HTTPSource: Codable, Sendable, Equatable {
    /// Only events of this `type`; of every one when nil.
    package var type: String?

    package init(type: String? = nil) {
        self.type = type
    }
}

/// Files that appear or change in a watched folder.
package struct FileSource: Codable, Sendable, Equatable {
    /// The name of a folder that the server is set to watch.
    package var root: String
    /// A folder beneath it; itself when nil.
    package var folder: String?
    /// Which files of the folder: `*.csv`, `**/*.parquet`.
    package var pattern: String

    package init(root: String = WatchedFolders.own, folder: String? = nil, pattern: String) {
        self.root = root
        self.folder = folder
        self.pattern = pattern
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            root: try container.decodeIfPresent(String.self, forKey: .root) ?? WatchedFolders.own,
            folder: try container.decodeIfPresent(String.self, forKey: .folder),
            pattern: try container.decode(String.self, forKey: .pattern))
    }
}
