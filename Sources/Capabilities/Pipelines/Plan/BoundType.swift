// SPDX-License-Identifier: Apache-2.0

/// What is known of what a reference gives, before anything has run.
enum BoundType: Equatable {
    /// A value; of which type is known only when it is there, when nil.
    case value(ParameterSpecification.ValueType?)
    case file, folder
    /// A file or a folder, whatever was left.
    case either
    case snapshot, model
    /// The files of a version that an alias names, or nothing.
    case alias
    /// An output of a pipeline that is not known here.
    case unknown

    init(_ output: OutputSpecification.ValueType) {
        self =
            switch output {
            case .any: .either
            case .file, .junit, .sarif: .file
            case .folder: .folder
            case .value: .value(nil)
            case .snapshot: .snapshot
            case .model: .model
            }
    }

    /// What the runs of a step with `forEach` leave together.
    var ofAllRuns: BoundType {
        switch self {
        case .value: .value(.list)
        case .file, .folder, .either, .snapshot, .model, .alias: .folder
        case .unknown: .unknown
        }
    }

    /// For messages.
    var noun: String {
        switch self {
        case .value(let type): type.map { "a value of type \($0.rawValue)" } ?? "a value"
        case .file: "a file"
        case .folder: "a folder"
        case .either: "a file or folder"
        case .snapshot: "a snapshot"
        case .model: "a model"
        case .alias: "the files of a model version"
        case .unknown: "not known"
        }
    }

    var isValue: Bool {
        switch self {
        case .value, .unknown: true
        default: false
        }
    }

    /// Whether a parameter of a type takes it; true as well when that shows later only.
    func fits(_ type: ParameterSpecification.ValueType) -> Bool {
        switch (self, type) {
        case (.unknown, _), (.value(nil), _), (.value(.integer), .number), (.value(.string), .snapshot), (.value(.snapshot), .string): true
        case (.value(let own), let type): own == type
        default: false
        }
    }
}
