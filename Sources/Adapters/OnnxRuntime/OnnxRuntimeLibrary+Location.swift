// SPDX-License-Identifier: Apache-2.0

import COnnxRuntime
import Foundation

extension OnnxRuntimeLibrary {
    /// Where the library was found, if anywhere, and every place that was looked at, in order, for people to read.
    package struct Location: Sendable, Equatable {
        package var path: String?
        package var tried: [String]

        package init(path: String?, tried: [String]) {
            self.path = path
            self.tried = tried
        }
    }

    /// Searches, in this order: the explicit path, `DHOW_ONNXRUNTIME`, `.runtime/onnxruntime/` in each folder of `folders`, the
    /// active virtual environment, and the loader's own path. Loads nothing, except to ask the loader in the last step.
    ///
    /// A path that a person gave (the first two) is final: when nothing is there, the search ends, so that no other library is
    /// used unnoticed. It may name the file or a folder that holds `libonnxruntime.so*`.
    /// - Parameter folders: Folders of the binary or project. One inside a `.build` folder also stands for the package around it.
    package static func locate(explicit: String?, environment: [String: String], besides folders: [String]) -> Location {
        var tried: [String] = []
        if let explicit, !explicit.isEmpty {
            return Location(path: library(at: explicit), tried: ["--onnxruntime \(explicit)"])
        }
        if let named = environment["DHOW_ONNXRUNTIME"], !named.isEmpty {
            return Location(path: library(at: named), tried: ["DHOW_ONNXRUNTIME=\(named)"])
        }
        for folder in folders.flatMap(productFolders).map({ $0 + "/.runtime/onnxruntime" }) where !tried.contains(folder) {
            tried.append(folder)
            if let path = library(at: folder) { return Location(path: path, tried: tried) }
        }
        if let virtualEnvironment = environment["VIRTUAL_ENV"], !virtualEnvironment.isEmpty {
            tried.append("\(virtualEnvironment)/lib/python3*/site-packages/onnxruntime/capi")
            let pythons = contents(of: "\(virtualEnvironment)/lib").filter { $0.hasPrefix("python3") }
            for python in pythons {
                let folder = "\(virtualEnvironment)/lib/\(python)/site-packages/onnxruntime/capi"
                if let path = library(at: folder) { return Location(path: path, tried: tried) }
            }
        }
        tried.append("the loader's path")
        return Location(path: loaderNames.first { onnx_library_is_loadable($0) }, tried: tried)
    }

    private static let loaderNames = ["libonnxruntime.so.1", "libonnxruntime.so"]

    /// The absolute path of the library, when the path is one or is a folder with one; the newest when there are several.
    private static func library(at path: String) -> String? {
        let path = URL(fileURLWithPath: path).path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        guard isFolder.boolValue else { return path }
        let names = contents(of: path).filter { $0 == "libonnxruntime.so" || $0.hasPrefix("libonnxruntime.so.") }
        return names.last.map { "\(path)/\($0)" }
    }

    private static func productFolders(of folder: String) -> [String] {
        let folder = URL(fileURLWithPath: folder).path
        guard let build = folder.range(of: "/.build/") else { return [folder] }
        return [folder, String(folder[..<build.lowerBound])]
    }

    /// Names in the folder, oldest version first; empty when it cannot be read.
    private static func contents(of folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }
}
