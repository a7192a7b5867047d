// SPDX-License-Identifier: Apache-2.0

import Domain

/// One node of a pipeline.
package struct StepSpecification: Sendable, Codable, Equatable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Runs the user's program; the only kind that has a command, inputs, outputs, source, environment and a cache.
        case command
        /// The engine's own kinds, described by `with`.
        case register, gate, approval, release
        /// Tells people or systems something.
        case notify
        /// Another pipeline's execution as a step; its outputs are those that it declares.
        case pipeline
        /// Gives a monitor the level and distributions that a model version is to be compared with.
        case baseline
    }

    package static let maximumRetries = 20
    package static let maximumPreemptions = 1000
    package static let maximumTimeoutSeconds = 31_536_000

    package var name: String
    package var kind: Kind
    /// Steps that must have ended before; bindings add more (`ExecutionPlan`).
    package var needs: [String]
    /// How what it needs must have ended.
    package var runs = RunRule.afterSuccess
    /// A CEL expression that gives a truth value; the step is omitted when it does not hold. Nil for none.
    package var condition: String?
    /// One run of the step per element of a list; nil for one run in all.
    package var forEach: FanOut?
    /// Further attempts after failures; attempts that were lost with their machine are counted apart, in `retryPolicy`.
    package var retries: Int
    package var retryPolicy = RetryPolicy()
    /// Wall-clock limit of an attempt; nil for none.
    package var timeoutSeconds: Int?
    package var resources = ResourceRequest()
    package var runtime = StepRuntime.host
    /// Nil for what the worker does of itself.
    package var sandbox: SandboxRule?
    /// Variable to the name of the secret whose value it gets.
    package var secrets: [String: String] = [:]
    /// Not nil when the step reads what is not in its key (the network, a database): then it is cached for a time only, or never.
    package var outside: OutsideReading?
    /// A path beneath the working folder that is kept when an attempt ends early and given to the next one.
    package var checkpoint: String?

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

    /// Of a step of kind pipeline, the one that it calls.
    package var calledPipeline: String? {
        guard kind == .pipeline, case .value(.string(let name)) = with["pipeline"] else { return nil }
        return name
    }

    /// Names that `{step: …, output: …}` may refer to; of a step of kind pipeline, those of the pipeline it calls come to them.
    package var outputNames: [String] {
        switch kind {
        case .command: outputs.keys.sorted()
        case .register: ["model", "version"]
        case .gate: ["outcome", "report"]
        case .approval: ["approval"]
        case .release: ["release"]
        case .baseline, .notify: []
        case .pipeline: ["execution"]
        }
    }
}

/// What a step leaves in its working folder.
package struct OutputSpecification: Sendable, Codable, Equatable {
    package enum ValueType: String, Sendable, Codable, CaseIterable {
        /// A file, or a folder whose regular files are taken: whatever stands there.
        case any
        case file, folder
        /// A JSON document of at most 64 KiB, which conditions and other steps can use as a value.
        case value
        /// A file or folder that is recorded as a snapshot of `dataset`.
        case snapshot
        /// A folder or file that `register` takes.
        case model
        /// A file in which a tool of the step reports what it found, taken also when the step fails (`StepReport.Format`).
        case junit, sarif
    }

    package var path: String
    package var type: ValueType
    /// Of a snapshot.
    package var dataset: String?

    package init(path: String, type: ValueType = .any, dataset: String? = nil) {
        self.path = path
        self.type = type
        self.dataset = dataset
    }
}
