// SPDX-License-Identifier: Apache-2.0

import Domain

/// The schema of one element of `spec.steps`, and of what stands in it.
enum StepSchema {
    static let definitions: [String: JSONValue] = [
        "step": step,
        "condition": SchemaPart.either(
            SchemaPart.text(pattern: #"\S"#, longest: StepExpressions.maximumBytes), ["type": "boolean"],
            description:
                "An expression in CEL over parameters, steps and, with 'forEach', item and index; the step is omitted unless it holds."),
        "output": output,
        "resources": resources,
        "retries": SchemaPart.either(
            SchemaPart.integer(0...StepSpecification.maximumRetries),
            SchemaPart.fields(
                [
                    "count": SchemaPart.integer(0...StepSpecification.maximumRetries, "Further attempts after failures."),
                    "firstPause": SchemaPart.reference("pause", "Before the second attempt; 1s when left out."),
                    "factor": SchemaPart.integer(1...100, "Each further pause is this many times the one before; 2 when left out."),
                    "longestPause": SchemaPart.reference("pause", "No pause is longer; 1m when left out."),
                    "jitter": SchemaPart.text(
                        pattern: "^0*([0-9]{1,2}|100)%$", "How much of a pause may be left out by chance, such as 20%; 0% when left out."),
                ], required: ["count"]), description: "Further attempts after failures; 0 when left out."),
        "preemptions": SchemaPart.either(
            SchemaPart.integer(0...StepSpecification.maximumPreemptions),
            SchemaPart.fields(["count": SchemaPart.integer(0...StepSpecification.maximumPreemptions)], required: ["count"]),
            description: "Further attempts after ones that were lost with their machine; they cost none of 'retries'. 3 when left out."),
        "forEach": SchemaPart.fields(
            [
                "in": SchemaPart.either(
                    SchemaPart.text(pattern: #"\S"#, longest: StepExpressions.maximumBytes), ["type": ["number", "boolean"]],
                    SchemaPart.list(of: true, 0...FanOut.maximumItems), SchemaPart.reference("reference"),
                    description: "A list: an expression in CEL, a reference, or written out."),
                "limit": SchemaPart.integer(1...FanOutParser.maximumLimit, "Runs at a time; as many as there is room for when left out."),
            ], required: ["in"], "One run of the step per element of a list that is known when its turn comes."),
        "runtime": SchemaPart.either(
            ["const": "host"],
            SchemaPart.fields(
                ["python": SchemaPart.reference("path", "A locked requirements file of the pipeline's folder, built once.")],
                required: ["python"]),
            SchemaPart.fields(
                [
                    "image": SchemaPart.text(
                        pattern: "^(?!-)[A-Za-z0-9._/:-]{1,255}@sha256:[0-9a-f]{64}$", "A container image by digest, name@sha256:….")
                ], required: ["image"]), description: "Where the command finds its programs; host when left out."),
        "sandbox": SchemaPart.either(
            SchemaPart.choice(SandboxRule.Use.self, "Whether the command runs apart from the rest of its machine."),
            SchemaPart.fields(
                [
                    "use": SchemaPart.choice(SandboxRule.Use.self, "prefer runs it without where there is none."),
                    "network": SchemaPart.boolean("Whether it reaches the network; false when left out."),
                ], required: ["use"]), description: "The sandbox of the command; what the worker does of itself when left out."),
        "outside": SchemaPart.either(
            ["type": "boolean"],
            SchemaPart.fields(
                ["freshFor": SchemaPart.reference("duration", "How old a result may be to be used again.")], required: ["freshFor"]),
            description: "Whether the step reads what is neither input nor source: then its results are not used again, or for a time only."
        ),
    ]

    private static let step: JSONValue = [
        "type": "object",
        "required": ["name"],
        "not": ["required": ["timeout", "timeoutSeconds"]],
        "properties": .object(common),
        "allOf": .array(StepSpecification.Kind.allCases.map { rule($0) }),
        "unevaluatedProperties": false,
    ]

    /// What a kind of step has beside what all have.
    private static func rule(_ kind: StepSpecification.Kind) -> JSONValue {
        let named: JSONValue = ["properties": ["kind": ["const": .string(kind.rawValue)]]]
        if kind == .command { return ["if": named, "then": ["properties": .object(command), "required": ["command"]]] }
        let fields = StepField.of(kind)
        let with = SchemaPart.fields(
            Dictionary(uniqueKeysWithValues: fields.map { ($0.name, schema(of: $0)) }), required: fields.filter(\.isRequired).map(\.name))
        return ["if": ["allOf": [named, ["required": ["kind"]]]], "then": ["properties": ["with": with], "required": ["with"]]]
    }

    private static let common: [String: JSONValue] = [
        "name": SchemaPart.reference("name", "What it is called; unique in the pipeline."),
        "kind": SchemaPart.choice(StepSpecification.Kind.self, "command when left out."),
        "needs": SchemaPart.list(of: SchemaPart.text(), nil, "Steps that must have ended before, beside those that are referred to."),
        "runs": SchemaPart.choice(RunRule.self, "How what it needs must have ended; afterSuccess when left out."),
        "when": SchemaPart.reference("condition"),
        "forEach": SchemaPart.reference("forEach"),
        "retries": SchemaPart.reference("retries"),
        "timeout": SchemaPart.reference("duration", "Limit of an attempt."),
        "timeoutSeconds": SchemaPart.integer(1...StepSpecification.maximumTimeoutSeconds, "The same in seconds."),
    ]

    private static let command: [String: JSONValue] = [
        "command": [
            "type": "array", "minItems": 1, "prefixItems": [["minLength": 1]], "items": SchemaPart.reference("scalar"),
            "description": "A program and its arguments; never a shell line.",
        ],
        "cache": SchemaPart.boolean("Whether results of an earlier success are used again; true when left out."),
        "source": SchemaPart.list(of: SchemaPart.reference("path"), nil, "Files of the pipeline's folder that it reads: *, ?, **."),
        "inputs": SchemaPart.mapping(
            of: SchemaPart.reference("reference"), names: SchemaPart.reference("name"), "Files that it finds under inputs/."),
        "outputs": SchemaPart.mapping(
            of: SchemaPart.reference("output"), names: SchemaPart.reference("name"), "What it leaves in its working folder."),
        "environment": SchemaPart.mapping(
            of: SchemaPart.either(
                SchemaPart.reference("scalar"), SchemaPart.reference("parameterReference"), SchemaPart.reference("outputReference"),
                SchemaPart.reference("valueReference"), SchemaPart.reference("itemReference")), names: variable, "Variables with values."),
        "secrets": SchemaPart.mapping(
            of: SchemaPart.reference("name"), names: variable, "Variables with the names of the secrets whose values they get."),
        "resources": SchemaPart.reference("resources"),
        "runtime": SchemaPart.reference("runtime"),
        "sandbox": SchemaPart.reference("sandbox"),
        "outside": SchemaPart.reference("outside"),
        "preemptions": SchemaPart.reference("preemptions"),
        "checkpoint": SchemaPart.reference(
            "workingPath", "A path that is kept when an attempt ends early and given to the next one."),
    ]

    private static let variable = SchemaPart.text(pattern: "^(?!DHOW_|__dhow)[A-Za-z_][A-Za-z0-9_]*$")

    private static let output: JSONValue = {
        var schema = SchemaPart.fields(
            [
                "path": SchemaPart.reference("workingPath", "Where it is left."),
                "type": [
                    "enum": SchemaPart.names(OutputParser.types.map(\.rawValue)),
                    "description": "A file or folder, whatever is there, when left out; value: a JSON document of at most 64 KiB.",
                ],
                "dataset": SchemaPart.reference("name", "Of a snapshot, the dataset it is recorded for."),
            ], required: ["path"])
        guard case .object(var members) = schema else { return schema }
        let isSnapshot: JSONValue = ["properties": ["type": ["const": "snapshot"]], "required": ["type"]]
        members["if"] = isSnapshot
        members["then"] = ["required": ["dataset"]]
        members["else"] = ["not": ["required": ["dataset"]]]
        schema = .object(members)
        return schema
    }()

    private static let resources = SchemaPart.fields(
        [
            "cpu": SchemaPart.either(
                ["type": "number", "exclusiveMinimum": 0, "maximum": .integer(ResourceParser.maximumCPUMilli / 1000)],
                SchemaPart.text(pattern: #"^([0-9]{1,15}m|[0-9]{1,15}(\.[0-9]{1,3})?)$"#), description: "Cores: 2, 0.5 or 500m."),
            "memory": SchemaPart.reference("size", "Such as 4GiB."),
            "disk": SchemaPart.reference("size", "Such as 10GB."),
            "gpu": SchemaPart.either(
                SchemaPart.integer(0...ResourceParser.maximumGPUs),
                SchemaPart.fields(
                    [
                        "count": SchemaPart.integer(1...ResourceParser.maximumGPUs, "1 when left out."),
                        "kind": SchemaPart.reference("name", "As the runner names it, such as nvidia-h100."),
                    ]), description: "How many GPUs, and of which kind."),
            "spot": SchemaPart.choice(
                ResourceRequest.Spot.self, "Whether on machines that may be taken away; allow when left out."),
            "region": SchemaPart.reference("name", "Where it must run."),
        ], "What an attempt needs of its machine.")

    private static func schema(of field: StepField) -> JSONValue {
        let form: JSONValue =
            switch field.content {
            case .name: SchemaPart.reference("name")
            case .text:
                SchemaPart.either(
                    SchemaPart.reference("scalar"), SchemaPart.reference("parameterReference"), SchemaPart.reference("outputReference"),
                    SchemaPart.fields(["value": SchemaPart.reference("scalar")], required: ["value"]),
                    SchemaPart.reference("itemReference"))
            case .data: true
            case .parameters: ["type": "object"]
            case .artifact, .file: SchemaPart.reference("outputReference")
            case .document: ["type": "object"]
            case .alias: SchemaPart.reference("aliasReference")
            }
        return ["allOf": [form], "description": .string(field.description)]
    }
}
