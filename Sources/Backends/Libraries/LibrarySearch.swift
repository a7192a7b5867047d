// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a shared library that is loaded at run time may lie.
package struct LibrarySearch: Sendable {
    /// As the setting, the variable and the folder beneath `.runtime` are called, such as `onnxruntime`.
    package var name: String
    /// Without a version, such as `libonnxruntime.so`.
    package var fileName: String
    /// The folder beneath `site-packages` that its wheel puts it into.
    package var wheelFolder: String
    /// What the loader is asked for at last.
    package var loaderNames: [String]

    package init(name: String, fileName: String, wheelFolder: String, loaderNames: [String]) {
        self.name = name
        self.fileName = fileName
        self.wheelFolder = wheelFolder
        self.loaderNames = loaderNames
    }

    /// Searches, in this order: the explicit path, `DHOW_NAME`, `.runtime/NAME/` in each folder of `folders`, the active virtual
    /// environment, and the loader's own path. Loads nothing, except to ask the loader in the last step.
    ///
    /// A path that a person gave (the first two) is final: when nothing is there, the search ends, so that no other library is
    /// used unnoticed. It may name the file or a folder that holds it.
    /// - Parameter folders: Folders of the binary or project. One inside a `.build` folder also stands for the package around it.
    package func locate(
        explicit: String?, environment: [String: String], besides folders: [String], isLoadable: (String) -> Bool
    ) -> LibraryLocation {
        let variable = "DHOW_" + name.uppercased()
        var tried: [String] = []
        if let explicit, !explicit.isEmpty {
            return LibraryLocation(path: library(at: explicit), tried: ["--\(name) \(explicit)"])
        }
        if let named = environment[variable], !named.isEmpty {
            return LibraryLocation(path: library(at: named), tried: ["\(variable)=\(named)"])
        }
        for folder in folders.flatMap(productFolders).map({ $0 + "/.runtime/\(name)" }) where !tried.contains(folder) {
            tried.append(folder)
            if let path = library(at: folder) { return LibraryLocation(path: path, tried: tried) }
        }
        if let virtualEnvironment = environment["VIRTUAL_ENV"], !virtualEnvironment.isEmpty {
            tried.append("\(virtualEnvironment)/lib/python3*/site-packages/\(wheelFolder)")
            for python in contents(of: "\(virtualEnvironment)/lib").filter({ $0.hasPrefix("python3") }) {
                let folder = "\(virtualEnvironment)/lib/\(python)/site-packages/\(wheelFolder)"
                if let path = library(at: folder) { return LibraryLocation(path: path, tried: tried) }
            }
        }
        tried.append("the loader's path")
        return LibraryLocation(path: loaderNames.first(where: isLoadable), tried: tried)
    }

    /// The absolute path of the library, when the path is one or is a folder with one; the newest when there are several.
    private func library(at path: String) -> String? {
        let path = URL(fileURLWithPath: path).path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        guard isFolder.boolValue else { return path }
        let names = contents(of: path).filter { $0 == fileName || $0.hasPrefix(fileName + ".") }
        return names.last.map { "\(path)/\($0)" }
    }

    private func productFolders(of folder: String) -> [String] {
        let folder = URL(fileURLWithPath: folder).path
        guard let build = folder.range(of: "/.build/") else { return [folder] }
        return [folder, String(folder[..<build.lowerBound])]
    }

    /// Names in the folder, oldest version first; empty when it cannot be read.
    private func contents(of folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }
}

/// Where a library was found, if anywhere, and every place that was looked at, in order, for people to read.
package struct LibraryLocation: Sendable, Equatable {
    package var path: String?
    package var tried: [String]

    package init(path: String?, tried: [String]) {
        self.path = path
        self.tried = tried
    }
}
