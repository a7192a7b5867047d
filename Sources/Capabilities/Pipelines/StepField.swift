// SPDX-License-Identifier: Apache-2.0

/// One field of `with` of the engine's own kinds of steps.
struct StepField: Sendable {
    /// What may be bound to it.
    enum Content: Sendable {
        /// A name that is written out.
        case name
        /// A text or number, or a small file with one.
        case text
        /// Any value, with values of steps within it.
        case data
        /// A file, folder or model that a step left.
        case artifact
        /// A file that a step left.
        case file
        /// A file that a step left, or a value of the same content.
        case document
        /// `{model: …, alias: …}`.
        case alias
        /// Names and values for another pipeline.
        case parameters
    }

    let name: String
    let content: Content
    let isRequired: Bool
    let description: String

    private init(_ name: String, _ content: Content, isRequired: Bool = true, _ description: String) {
        self.name = name
        self.content = content
        self.isRequired = isRequired
        self.description = description
    }

    private static let model = StepField("model", .text, "The registered model.")
    private static let version = StepField("version", .text, "Number of the model version.")
    private static let endpoint = StepField("endpoint", .text, "The endpoint that the version is for.")
    private static let report = StepField("report", .text, "The gate report, {step: …, output: report}.")

    /// Of a kind; none of `command`.
    static func of(_ kind: StepSpecification.Kind) -> [StepField] {
        switch kind {
        case .command: []
        case .register:
            [
                model, StepField("artifact", .artifact, "The file, folder or model that a step left."),
                StepField("path", .text, isRequired: false, "Name of the file in the version; model.onnx when left out."),
                StepField("run", .text, isRequired: false, "Id of the run that trained it."),
                StepField("description", .text, isRequired: false, "For people."),
                StepField("environmentLock", .text, isRequired: false, "A file that fixes the packages, or a text."),
                StepField("featureService", .text, isRequired: false, "The features that it asks for."),
            ]
        case .gate:
            [
                StepField("gate", .text, "Name of the quality gate."), model, version,
                StepField("checks", .data, isRequired: false, "What is checked; left out for a declared gate."),
                StepField("onInconclusive", .text, isRequired: false, "ask (the standard) or refuse."),
                StepField("metrics", .document, isRequired: false, "Names and numbers."),
                StepField("scores", .file, isRequired: false, "A CSV file of scores."),
                StepField("behaviour", .file, isRequired: false, "A CSV file of behavioural cases."),
                StepField("latencies", .file, isRequired: false, "A CSV file of measured times."),
                StepField("champion", .alias, isRequired: false, "The version whose scores stand beside."),
                StepField("run", .text, isRequired: false, "Id of the run that trained it."),
                StepField("snapshots", .data, isRequired: false, "Snapshots that judge, which training may not have seen."),
                StepField("championSnapshots", .data, isRequired: false, "Those of the champion's scores, when others."),
            ]
        case .approval:
            [
                model, version, endpoint, report, StepField("approvers", .data, isRequired: false, "Names of users who may decide."),
                StepField("roles", .data, isRequired: false, "Roles that may decide."),
                StepField("count", .text, isRequired: false, "How many must say yes; 1 when left out."),
                StepField("expiresAfterSeconds", .text, isRequired: false, "For deciding and releasing; seven days when left out."),
                StepField("remindAfterSeconds", .text, isRequired: false, "An event reminds each time this long has passed."),
            ]
        case .release:
            [
                model, version, endpoint, report, StepField("approval", .text, "The approval, {step: …, output: approval}."),
                StepField("plan", .data, isRequired: false, "How traffic is shifted."),
            ]
        case .notify:
            [StepField("to", .data, "Who is told."), StepField("message", .text, "What they are told.")]
        case .pipeline:
            [
                StepField("pipeline", .name, "The pipeline that is called."),
                StepField("parameters", .parameters, isRequired: false, "Its parameters."),
            ]
        case .baseline:
            [
                StepField("monitor", .text, "A monitor that exists."), model, version,
                StepField("rows", .file, "A CSV file with features, score and label."),
            ]
        }
    }
}
