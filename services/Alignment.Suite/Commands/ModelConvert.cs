using System.CommandLine;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;

namespace Alignment.Suite.Commands;

/// <summary><c>align model convert DIR --out DIR</c>: another dtype, other shards, another spelling of config.json.</summary>
internal static class ModelConvert
{
    public static Command Build()
    {
        var folder = ModelVerb.Folder();
        var output = new Option<DirectoryInfo>("--out") { Description = "The new folder; must not hold a model yet.", Required = true };
        var dtype = ModelVerb.DType("Dtype of the weights on disk: float32, float64, bfloat16, float16. Default: as they are.");
        var shard = new Option<long?>("--max-shard-bytes") { Description = "Split the weights into files of at most this size." };
        var keys = new Option<string?>("--config-keys") { Description = "v4 (torch_dtype, rope_scaling) or v5 (dtype, rope_parameters). Default: as they are." };
        keys.AcceptOnlyFromAmong("v4", "v5");
        var command = new Command("convert", "Write the model again in another dtype, sharding or spelling. Tensors that keep their dtype keep their bytes.") { folder, output, dtype, shard, keys };
        command.SetAction(parse => ModelVerb.Guard(() =>
        {
            var source = parse.GetValue(folder)!.FullName;
            var target = parse.GetValue(output)!.FullName;
            if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            {
                throw new InvalidDataException($"{target} is not empty; name a new folder.");
            }

            if (parse.GetValue(shard) is <= 0)
            {
                throw new ArgumentException("--max-shard-bytes must be above 0.");
            }

            var options = new SaveOptions
            {
                DType = ModelVerb.ParseDType(parse.GetValue(dtype)),
                MaxShardBytes = parse.GetValue(shard) ?? new SaveOptions().MaxShardBytes,
                Version4Keys = parse.GetValue(keys) switch { "v4" => true, "v5" => false, _ => null },
                CopyFilesFrom = source,
            };
            Save(source, target, options);
            Console.WriteLine($"{target}: {Directory.EnumerateFiles(target).Count()} files.");
        }));
        return command;
    }

    private static void Save(string source, string target, SaveOptions options)
    {
        if (AdapterFolder.Is(source))
        {
            throw new InvalidDataException($"{source} holds an adapter; fold it into its base with align model merge first.");
        }

        if (DecoderConfig.Load(source).Head == HeadKind.Language)
        {
            using var model = CheckpointReader.LoadCausal(source);
            CheckpointWriter.Save(model, target, options);
        }
        else
        {
            using var model = CheckpointReader.LoadScoring(source);
            CheckpointWriter.Save(model, target, options);
        }
    }
}
