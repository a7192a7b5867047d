// SPDX-License-Identifier: Apache-2.0

/// How the steps that a step needs must have ended for it to run.
package enum RunRule: String, Sendable, Codable, CaseIterable {
    case afterSuccess
    /// At least one of them failed; for clearing up and for telling people.
    case afterFailure
    case always
}

/// One run of a step per element of a list that is known when the step's turn comes.
package struct FanOut: Sendable, Codable, Equatable {
    package static let maximumItems = 100_000

    package enum Items: Sendable, Codable, Equatable {
        /// A list: of a parameter, of a step's output of type value, or written out.
        case binding(Binding)
        /// A CEL expression that gives a list.
        case expression(String)
    }

    package var items: Items
    /// Runs at a time; nil for as many as there is room for.
    package var limit: Int?

    package init(_ items: Items, limit: Int? = nil) {
        self.items = items
        self.limit = limit
    }
}

/// What a step reads beside its inputs and sources.
package struct OutsideReading: Sendable, Codable, Equatable {
    /// How old a result may be to be used again; nil for never.
    package var freshForSeconds: Int?

    package init(freshForSeconds: Int? = nil) {
        self.freshForSeconds = freshForSeconds
    }
}

/// Where a command finds its programs.
package enum StepRuntime: Sendable, Codable, Equatable {
    case host
    /// A Python environment made of a locked requirements file of the pipeline's folder, built once per lock file.
    case python(lock: String)
    /// A container image by digest: `name@sha256:…`.
    case image(String)
}

/// Whether a command runs apart from the rest of its machine; what that means, `docs/step-runner.md` says.
package struct SandboxRule: Sendable, Codable, Equatable {
    package enum Use: String, Sendable, Codable, CaseIterable {
        case never
        /// Where the machine has a sandbox.
        case prefer
        /// The attempt is refused where it has none.
        case require
    }

    package var use: Use
    package var hasNetwork: Bool

    package init(_ use: Use, hasNetwork: Bool = false) {
        self.use = use
        self.hasNetwork = hasNetwork
    }
}

/// What an attempt needs of the machine it runs on.
package struct ResourceRequest: Sendable, Codable, Equatable {
    package enum Spot: String, Sendable, Codable, CaseIterable {
        case never, allow, require
    }

    /// Thousandths of a core; nil for the runner's default.
    package var cpuMilli: Int?
    package var memoryBytes: Int64?
    package var diskBytes: Int64?
    package var gpuCount = 0
    /// As the runner names its kinds, such as `nvidia-h100`; any when nil.
    package var gpuKind: String?
    package var spot = Spot.allow
    package var region: String?

    package init() {}
}
