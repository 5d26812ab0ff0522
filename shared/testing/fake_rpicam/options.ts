// Every option of rpicam-apps 1.13: name, short form, type, default, and the value it takes when it
// is given without one.

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** What boost makes of its text. */
  readonly type: "bool" | "unsigned" | "int" | "float" | "string" | "strings";
  readonly default?: string;
  /** With one of these the value may be left out; it then has to be next to the option, or free. */
  readonly implicit?: string;
}

/** `name[,short] type [default] [|implicit];`, as the sources declare them. */
function table(text: string): Option[] {
  return text.split(";").map((item) => {
    const [names, type, ...rest] = item.trim().split(/\s+/);
    const [name, short] = names.split(",");
    if (type === "bool") return { name, short, type, default: "0", implicit: "1" };
    const implicit = rest.find((word) => word.startsWith("|"))?.slice(1);
    const value = rest.find((word) => !word.startsWith("|"));
    return { name, short, type: type as Option["type"], default: value, implicit };
  });
}

const COMMON = table(`
  help,h bool; version bool; list-cameras bool; camera unsigned 0; verbose,v unsigned 1 |2;
  config,c string |config.txt; info-text string #%frame; width unsigned 0; height unsigned 0;
  timeout,t string 5sec; output,o string; post-process-file string; post-process-libs string;
  nopreview,n bool; preview,p string 0,0,0,0; fullscreen,f bool; qt-preview bool;
  preview-libs string; preview-backend string; hflip bool; vflip bool; rotation int 0;
  roi string 0,0,0,0; shutter string 0; analoggain float 0; gain float; metering string centre;
  exposure string normal; ev float 0; awb string auto; awbgains string 0,0; ccm string;
  flush bool; wrap unsigned 0; brightness float 0; contrast float 1; saturation float 1;
  sharpness float 1; framerate float -1; denoise string auto; viewfinder-width unsigned 0;
  viewfinder-height unsigned 0; tuning-file string -; lores-width unsigned 0;
  lores-height unsigned 0; lores-par bool; mode string; viewfinder-mode string;
  buffer-count unsigned 0; viewfinder-buffer-count unsigned 0; no-raw bool;
  autofocus-mode string default; autofocus-range string normal; autofocus-speed string normal;
  autofocus-window string 0,0,0,0; lens-position string; hdr string off |auto; metadata string;
  metadata-format string json; flicker-period string 0s
`);

const VIDEO = table(`
  bitrate,b string 0bps; profile string; level string; intra,g unsigned 0; inline bool;
  codec string h264; encoder-libs string; save-pts string; quality,q int 50; listen,l bool;
  keypress,k bool; signal,s bool; initial,i string record; split bool; segment unsigned 0;
  circular unsigned 0 |4; frames unsigned 0; libav-video-codec string h264_v4l2m2m;
  libav-video-codec-opts string; libav-format string; libav-audio bool; audio-codec string aac;
  audio-source string pulse; audio-device string default; audio-channels unsigned 0;
  audio-bitrate string 32kbps; audio-samplerate unsigned 0; av-sync string 0us; low-latency bool;
  sync string off
`);

const STILL = table(`
  quality,q int 93; exif,x strings; timelapse string 0ms; framestart unsigned 0; datetime bool;
  timestamp bool; restart unsigned 0; keypress,k bool; signal,s bool; thumb string 320:240:70;
  encoding,e string jpg; raw,r bool; latest string; immediate bool; autofocus-on-capture bool;
  zsl bool
`);

/** The options of the programs that are played here. */
export const OPTIONS = { vid: [...COMMON, ...VIDEO], still: [...COMMON, ...STILL] };

export type Program = keyof typeof OPTIONS;
