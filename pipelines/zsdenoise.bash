# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of the programs' options in bash, from what --help prints; file names otherwise.

_zsdenoise()
{
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} values=
  COMPREPLY=()
  # "--profile=best" is three words.
  case $word in =) word= ;; esac
  case $option in =) option=${COMP_WORDS[COMP_CWORD-2]} ;; esac
  case $option in
    --codec) values='h264 h265 vp9 av1 ffv1' ;;
    --pairs) values='auto spatial strided' ;;
    --profile) values='realtime balanced best' ;;
  esac
  case $1:$word in
    *:-*) values=$("$1" --help 2>/dev/null | grep -oE -- '^ *(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+') ;;
    *cluster:*) [ "$COMP_CWORD" -gt 1 ] || values='submit status cancel resume' ;;
  esac
  [ -z "$values" ] || mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
}

complete -o default -F _zsdenoise zsdenoise-camera zsdenoise-cluster zsdenoise-image zsdenoise-serve \
  zsdenoise-transcode
