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

    public static void ModelAndData(TrainingOptions options)
    {
        if (options.Model.Length == 0)
        {
            throw new OptionsException(["model is missing: name the folder of the checkpoint to start from, model: DIR or --set model=DIR."]);
        }

        if (!File.Exists(Path.Combine(options.Model, "config.json")) && !AdapterFolder.Is(options.Model))
        {
            throw new OptionsException([$"model: {options.Model} has no config.json. Name a checkpoint folder in Hugging Face layout."]);
        }

        Data(options);
    }
}
