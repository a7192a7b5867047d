// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// What editors are told of a pipeline's `spec`. `PipelineParser` decides; a field that it learns is added here, and tests hold them together.
enum PipelineShape {
    static let spec = DocumentShape.record([
        DocumentField(
            "parameters", .list(parameter, count: 0...PipelineSpecification.maximumParameters), "Values that executions are started with."),
        DocumentField(
            "steps", .list(.either([commandStep, engineStep]), count: 1...PipelineSpecification.maximumSteps),
            "The graph's nodes; a step waits for what it refers to.", isRequired: true),
    ])

    private static let parameter = DocumentShape.record([
        DocumentField("name", .name, "The parameter's name.", isRequired: true),
        DocumentField(
            "type", .choice(ParameterSpecification.ValueType.allCases.map(\.rawValue)), "What its values are.", standard: "string"),
        DocumentField("default", .scalar, "Its value when none is given; without one it must be given."),
    ])

    private static let commonFields = [
        DocumentField("name", .name, "The step's name, unique in the pipeline.", isRequired: true),
        DocumentField("needs", .list(.scalar), "Steps that must have succeeded before."),
        DocumentField("retries", .integer(0...StepSpecification.maximumRetries), "Further attempts after failures.", standard: 0),
        DocumentField("timeoutSeconds", .integer(1...StepSpecification.maximumTimeoutSeconds), "Limit of an attempt."),
    ]

    private static let commandStep = DocumentShape.record(
        commonFields + [
            DocumentField("kind", .choice([StepSpecification.Kind.command.rawValue]), "Runs a program.", standard: "command"),
            DocumentField(
                "command", .list(.scalar, count: 1...10_000), "The program and its arguments: a list, never a shell line.",
                isRequired: true),
            DocumentField("cache", .boolean, "Whether an earlier result from the same inputs is used again.", standard: true),
            DocumentField("source", .list(.text(length: 1...1000)), "Files of the pipeline's folder that it reads: 'train.py', 'lib/**'."),
            DocumentField("inputs", .map(reference), "Files it finds, by name."),
            DocumentField("outputs", .map(output), "Files or folders it leaves, by name."),
            DocumentField(
                "environment", .map(.either([.scalar, parameterReference]), keys: "[A-Za-z_][A-Za-z0-9_]*"),
                "Variables: text, or a parameter's value."),
        ])

    private static let engineStep = DocumentShape.record(
        commonFields + [
            DocumentField(
                "kind", .choice(StepSpecification.Kind.allCases.filter { $0 != .command }.map(\.rawValue)),
                "One of the engine's own steps.",
                isRequired: true),
            DocumentField("with", .map(.anything), "What the step works on; values may hold references.", isRequired: true),
        ])

    private static let output = DocumentShape.record([
        DocumentField("path", .text(length: 1...1000), "A path beneath the step's working folder.", isRequired: true)
    ])

    private static let parameterReference = DocumentShape.record([
        DocumentField("parameter", .text(length: 1...128), "A parameter of the pipeline.", isRequired: true)
    ])

    private static let reference = DocumentShape.either([
        parameterReference,
        .record([
            DocumentField(
                "snapshot", .either([.text(length: 1...300), parameterReference]), "The files of a snapshot, by id or parameter.",
                isRequired: true)
        ]),
        .record([
            DocumentField("model", .text(length: 1...300), "A registered model.", isRequired: true),
            DocumentField("alias", .text(length: 1...300), "The alias of its version.", isRequired: true),
        ]),
        .record([
            DocumentField("step", .text(length: 1...128), "A step of the pipeline.", isRequired: true),
            DocumentField("output", .text(length: 1...128), "What it leaves.", isRequired: true),
        ]),
        .record([DocumentField("value", .anything, "The value itself.", isRequired: true)]),
    ])
}
