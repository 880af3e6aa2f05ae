using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.ModelCore.Training;

/// <summary>How long rows may be: learned positions are an end, rotary ones only what the model was made for.</summary>
public static class PositionRoom
{
    /// <summary>Refuses a <c>max_length</c> beyond learned positions; the default is lowered to them.</summary>
    /// <exception cref="OptionsException">The key asks for more than there is.</exception>
    internal static void Settle(TrainingOptions options, IMetricsSink? metrics)
    {
        if (Of(options) is not { Learned: true } room || options.MaxLength <= room.Most)
        {
            return;
        }

        var have = $"the model in {options.Model} has learned {room.Most + room.Virtual} positions{(room.Virtual > 0 ? $", of which the learned prompt takes {room.Virtual}" : "")}";
        if (room.Most < 2)
        {
            throw new OptionsException([$"tuning.virtual_tokens: {have}, which leaves no room for rows."]);
        }

        if (options.MaxLength != Usual(options))
        {
            throw new OptionsException([$"max_length is {options.MaxLength}, and {have}. Set it to at most {room.Most}."]);
        }

        options.MaxLength = room.Most;
        metrics?.Event(new(0, "max_length_lowered", $"max_length is {room.Most}: {have}"));
    }

    /// <summary>Says where rows go beyond the positions that a rotary model was made for.</summary>
    /// <param name="longest">Tokens of the longest row, a response included.</param>
    public static void Note(TrainingOptions options, int longest, IMetricsSink metrics)
    {
        if (Of(options) is { Learned: false } room && longest > room.Most)
        {
            metrics.Event(new(0, "beyond_positions", $"rows of up to {longest} tokens go beyond the {room.Most + room.Virtual} positions that the model was made for; what is learned there is seldom good. Set max_length to {room.Most} to avoid it"));
        }
    }

    // Null: the options name no model that is there.
    private static (int Most, int Virtual, bool Learned)? Of(TrainingOptions options)
    {
        if (options.Model.Length == 0 || !(File.Exists(Path.Combine(options.Model, "config.json")) || AdapterFolder.Is(options.Model)))
        {
            return null;
        }

        var config = AdapterOpening.ConfigOf(options.Model);
        var taken = AdapterFolder.Is(options.Model) ? (int)AdapterConfig.Load(options.Model).Number("num_virtual_tokens", 0)
            : options.Tuning.Method is "prefix" or "prompt" or "p_tuning" ? options.Tuning.VirtualTokens : 0;
        return (config.MaxPositions - taken, taken, config.Rope is null);
    }

    private static int? Usual(TrainingOptions options) => options.GetType().GetConstructor(Type.EmptyTypes) is { } make ? ((TrainingOptions)make.Invoke(null)).MaxLength : null;
}
