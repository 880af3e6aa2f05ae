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
    }
}
