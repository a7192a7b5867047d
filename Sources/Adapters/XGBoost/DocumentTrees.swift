// SPDX-License-Identifier: Apache-2.0

import Backends

/// Goes through the trees of a model file before XGBoost does, which believes what it reads: a file that was changed would make it read beyond
/// its memory.
enum DocumentTrees {
    /// Why the model cannot be run; nil when nothing is wrong.
    static func fault(in bytes: [UInt8]) -> Fault? {
        guard let document = ModelDocument.read(bytes) else {
            return bytes.count > ModelDocument.longestJSON && bytes.first == UInt8(ascii: "{") && bytes[1] != UInt8(ascii: "L")
                ? .unsupported("As JSON it may have \(ModelDocument.longestJSON) bytes; save it as .ubj.")
                : .broken("It is no whole JSON or UBJSON.")
        }
        guard let learner = document["learner"], let parameters = learner["learner_model_param"],
            let features = parameters["num_feature"]?.writtenInteger, features > 0, let booster = learner["gradient_booster"]
        else { return .broken("It does not say what it takes.") }
        let model: ModelDocument.Value?
        switch booster["name"]?.text {
        case "gbtree": model = booster["model"]
        case "dart": model = booster["gbtree"]?["model"]
        case let name: return .unsupported("Its booster is '\((name ?? "unknown").prefix(40))'; gbtree and dart can be served.")
        }
        guard let model, let trees = model["trees"]?.elements, let groups = model["tree_info"]?.integers,
            model["gbtree_model_param"]?["num_trees"]?.writtenInteger == trees.count, groups.count == trees.count
        else { return .broken("The number of its trees is not clear.") }
        let outputs = max(1, parameters["num_class"]?.writtenInteger ?? 0, parameters["num_target"]?.writtenInteger ?? 1)
        guard groups.allSatisfy({ $0 >= 0 && $0 < outputs }), outputs <= 1 << 16 else { return .broken("Its trees belong to no output.") }
        if let rounds = model["iteration_indptr"] {
            guard let starts = rounds.integers, starts.first == 0, starts.last == Int64(trees.count),
                zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 })
            else { return .broken("Its rounds do not add up to its trees.") }
        }
        if let weights = booster["weight_drop"], weights.count != trees.count { return .broken("Its trees have no weights.") }
        if let categories = model["cats"] {
            guard let learnt = categories["enc"]?.elements else { return .broken("Its categories are none.") }
            guard learnt.isEmpty else {
                return .unsupported("It learnt categories from a table, whose numbers only XGBoost's Python gives; train with the numbers.")
            }
            guard categories["feature_segments"]?.count == 0, categories["sorted_idx"]?.count == 0 else {
                return .broken("Its categories are none.")
            }
        }
        for (number, tree) in trees.enumerated() {
            guard let vector = tree["tree_param"]?["size_leaf_vector"]?.writtenInteger, case .integer(Int64(number))? = tree["id"],
                isSound(tree, features: features)
            else {
                return .broken("Tree \(number) is broken.")
            }
            guard vector <= 1 else { return .unsupported("Its leaves have several numbers each.") }
        }
        return nil
    }

    enum Fault {
        case broken(String)
        case unsupported(String)
    }

    private static func isSound(_ tree: ModelDocument.Value, features: Int) -> Bool {
        guard let nodes = tree["tree_param"]?["num_nodes"]?.writtenInteger, nodes > 0,
            tree["tree_param"]?["num_feature"]?.writtenInteger == features, let left = tree["left_children"]?.integers,
            let right = tree["right_children"]?.integers, let parents = tree["parents"]?.integers,
            let splits = tree["split_indices"]?.integers, let types = tree["split_type"]?.integers,
            let defaults = tree["default_left"]?.integers,
            [left.count, right.count, parents.count, splits.count, types.count, defaults.count].allSatisfy({ $0 == nodes }),
            ["split_conditions", "base_weights", "loss_changes", "sum_hessian"].allSatisfy({ tree[$0]?.count == nodes })
        else { return false }
        guard let categorical = categoricalNodes(tree, nodes: nodes) else { return false }
        return TreeShape.isSound(nodes: nodes) { node in
            let (lower, higher) = (left[node], right[node])
            if lower == -1, higher == -1 { return [] }
            guard lower > 0, lower < nodes, higher > 0, higher < nodes, splits[node] >= 0, splits[node] < features,
                parents[Int(lower)] == node, parents[Int(higher)] == node,
                types[node] == 0 || (types[node] == 1 && categorical.contains(Int64(node)))
            else { return nil }
            return [Int(lower), Int(higher)]
        }
    }

    /// Nil when the lists of categories do not fit together.
    private static func categoricalNodes(_ tree: ModelDocument.Value, nodes: Int) -> Set<Int64>? {
        guard let categories = tree["categories"]?.integers, let owners = tree["categories_nodes"]?.integers,
            let starts = tree["categories_segments"]?.integers, let sizes = tree["categories_sizes"]?.integers,
            owners.count == starts.count, owners.count == sizes.count, owners.allSatisfy({ $0 >= 0 && $0 < nodes }),
            categories.allSatisfy({ $0 >= 0 && $0 < 1 << 24 })
        else { return nil }
        for (start, size) in zip(starts, sizes) {
            guard start >= 0, size > 0, start <= categories.count, size <= categories.count - Int(start) else { return nil }
        }
        return Set(owners)
    }
}
