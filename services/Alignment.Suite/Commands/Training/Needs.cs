using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.Suite.Commands.Training;

/// <summary>Keys without which a run cannot start.</summary>
internal static class Needs
{
    public static void Data(TrainingOptions options)
    {
        if (options.Data.Count == 0)
        {
            throw new OptionsException(["data is missing: name the data file, data: rows.jsonl or --set data=rows.jsonl."]);
        }
    }

    public static void Checkpoint(string key, string folder)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")) && !AdapterFolder.Is(folder))
        {
            throw new OptionsException([$"{key}: {folder} has no config.json. Name a checkpoint folder in Hugging Face layout."]);
        }
    }

    public static void ModelAndData(TrainingOptions options)
    {
        if (options.Model.Length == 0)
        {
            throw new OptionsException(["model is missing: name the folder of the checkpoint to start from, model: DIR or --set model=DIR."]);
        }

        Checkpoint("model", options.Model);
        Data(options);
        Files("guards.probe_data", options.Guards.ProbeData.Length > 0 ? [options.Guards.ProbeData] : []);
        Files("evaluation.data", options.Evaluation.Data);
    }

    /// <summary>Files that are read late: better missed before the first step than after the last.</summary>
    public static void Files(string key, IEnumerable<string> files)
    {
        foreach (var file in files.Where(f => !File.Exists(f)))
        {
            throw new OptionsException([$"{key}: {file} {(Directory.Exists(file) ? "is a folder. Name the file in it." : "does not exist. Check the path; it is relative to the folder the command runs in.")}"]);
        }
    }
}
