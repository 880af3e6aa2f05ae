using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.SupervisedFineTuning.Recipes;

/// <summary>Keys of supervised fine-tuning; defaults are TRL's unless said otherwise.</summary>
public sealed class SftOptions : TrainingOptions
{
    [Option("What is learned: the assistant's turns, the last answer only, or every token.", Choices = "assistant|last|all", Source = "TRL: by data; LLaMA-Factory: assistant")]
    public string Learn { get; init; } = "assistant";

    [Option("Token loss: −log p, or −p·log p with p held constant (dynamic fine-tuning).", Choices = "nll|dft", Source = "TRL: nll")]
    public string Loss { get; init; } = "nll";

    [Option("Which end of a row longer than max_length is kept.", Choices = "keep_start|keep_end", Source = "TRL: keep_start")]
    public string Truncation { get; init; } = "keep_start";

    [Option("Several documents in one row of max_length: bfd keeps them whole and apart, wrapped joins and cuts them.", Choices = "none|bfd|wrapped", Source = "TRL: none")]
    public string Packing { get; init; } = "none";

    [Option("NEFTune: uniform noise of ±α/√(tokens·width) on the embeddings while training; 0 is off.", Min = 0, Max = 1000, Source = "Jain et al. 2024: 5, 10 or 15; TRL: off")]
    public double NeftuneAlpha { get; init; }

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (Loss == "dft" && Regularisation.LabelSmoothing > 0)
        {
            yield return "loss: dft has no label smoothing. Remove regularisation.label_smoothing, or use loss: nll.";
        }

        if (Packing != "none" && Tuning.Method is ("prefix" or "prompt" or "p_tuning"))
        {
            yield return $"packing: {Packing} cannot go with tuning.method: {Tuning.Method}: packed rows would share one learned prompt. Set packing: none.";
        }

        if (Packing == "wrapped" && given.Contains("truncation"))
        {
            yield return "packing: wrapped cuts rows anywhere, so truncation has no effect. Remove one.";
        }
    }
}
