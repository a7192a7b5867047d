// SPDX-License-Identifier: Apache-2.0

/// One node of a pipeline.
package struct StepSpecification: Sendable, Codable, Equatable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Runs the user's program; the only kind that has a command, inputs, outputs, source, environment and a cache.
        case command
        /// The engine's own kinds, described by `with`.
        case register, gate, approval, release
        /// Gives a monitor the level and distributions that a model version is to be compared with.
        case baseline
    }

    package static let maximumRetries = 20
    package static let maximumTimeoutSeconds = 31_536_000

    package var name: String
    package var kind: Kind
    /// Steps that must have succeeded before; bindings add more (`ExecutionPlan`).
    package var needs: [String]
    /// Further attempts after failures; attempts that were lost with their machine are counted apart.
    package var retries: Int
    /// Wall-clock limit of an attempt; nil for none.
    package var timeoutSeconds: Int?

    package var command: [String]
    /// An earlier success with the same `StepKey` is used again.
    package var isCacheable: Bool
    /// Files of the pipeline's folder that the step reads.
    package var source: [SourcePattern]
    package var inputs: [String: Binding]
    /// By output name: a file or folder, as a path beneath the working folder.
    package var outputs: [String: OutputSpecification]
    package var environment: [String: Binding]

    /// What the engine's own kinds work on.
    package var with: [String: Binding]

    package init(
        name: String, kind: Kind = .command, needs: [String] = [], retries: Int = 0, timeoutSeconds: Int? = nil, command: [String] = [],
        isCacheable: Bool = true, source: [SourcePattern] = [], inputs: [String: Binding] = [:],
        outputs: [String: OutputSpecification] = [:], environment: [String: Binding] = [:], with: [String: Binding] = [:]
    ) {
        self.name = name
        self.kind = kind
        self.needs = needs
        self.retries = retries
        self.timeoutSeconds = timeoutSeconds
        self.command = command
        self.isCacheable = kind == .command && isCacheable
        self.source = source
        self.inputs = inputs
        self.outputs = outputs
        self.environment = environment
        self.with = with
    }

    /// Every reference of the step with the field it stands in, in a stable order.
    package var bindings: [(field: String, binding: Binding)] {
        [("inputs", inputs), ("environment", environment), ("with", with)].flatMap { group, members in
            members.sorted { $0.key < $1.key }.map { ("\(group).\($0.key)", $0.value) }
        }
    }

    /// The parameters that the step refers to, sorted; the only ones it is given.
    package var parameters: [String] {
        Set(bindings.flatMap(\.binding.parameters)).sorted()
    }

    /// Names that `{step: …, output: …}` may refer to.
    package var outputNames: [String] {
        switch kind {
        case .command: outputs.keys.sorted()
        case .register: ["model", "version"]
        case .gate: ["outcome", "report"]
        case .approval: ["approval"]
        case .release: ["release"]
        case .baseline: []
        }
    }
}

/// A file or folder that a step leaves in its working folder.
package struct OutputSpecification: Sendable, Codable, Equatable {
    package var path: String

    package init(path: String) {
        self.path = path
    }
}
